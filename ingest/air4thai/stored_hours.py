"""From a page's hours to readings: new ones, revisions of stored ones, or nothing.

One transaction a page, alone at its sensor. What was said later decides, not what is imported
later: a page older than what is stored of an hour changes nothing of it. Hours stored from the
other format are refused, or, where somebody asked for it, replaced.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dust.clock import epoch_ms, instant
from dust.errors import Unavailable
from dust.readings import last_instant_ms
from dust.wire import WireReading
from ingest.air4thai.hourly_values import FIELD_OF
from ingest.air4thai.outcome import HourOutcome
from ingest.air4thai.page import RefusedHour
from ingest.air4thai.page_format import HOUR_MS, PageFormat, label_of
from ingest.reading_rows import rows_of
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from ingest.air4thai.other_format import Doubtful
    from ingest.air4thai.page import Hour
    from ingest.air4thai.reference_sensor import ReferenceSensor

_LOCK: Final = 0x41345448
"""Names this import among the database's advisory locks."""
_FIELDS: Final = tuple(FIELD_OF.values())
_NEWEST: Final = f"""
SELECT DISTINCT ON (phenomenon_time) phenomenon_time, seq, x, {", ".join(_FIELDS)}
FROM readings
WHERE sensor_id = %s AND phenomenon_time BETWEEN %s AND %s
ORDER BY phenomenon_time, seq DESC
"""  # noqa: S608  (names of our own columns)


class Stored(NamedTuple):
    """The newest reading of an hour: which format said it, and when (epoch ms).

    `withdrawn`: no page says it; it took back what a page had said in the wrong format.
    """

    seq: int
    page_format: str
    as_of_ms: int
    withdrawn: bool
    values: dict[str, float | None]

    def has_values(self) -> bool:
        return any(value is not None for value in self.values.values())

    def is_from_other(self, page_format: PageFormat) -> bool:
        """Whether the service said it in the other of its two formats."""
        others = {str(one) for one in PageFormat if one is not page_format}
        return self.page_format in others and not self.withdrawn


class Statement(NamedTuple):
    """Hours of one page, the format that they came in, and when the page was said (epoch ms).

    `doubtful` is None but where hours stored from the other format are to be replaced: then it
    names those to withdraw.
    """

    hours: Sequence[Hour]
    page_format: PageFormat
    as_of_ms: int
    doubtful: Doubtful | None = None

    def reach_ms(self) -> tuple[int, int]:
        """The first and the last hour that it touches."""
        starts = [hour.start_ms for hour in self.hours] + [*(self.doubtful or ())]
        return min(starts), max(starts)


class Taken(NamedTuple):
    """What became of the hours of a page."""

    hours: Counter[HourOutcome]
    refused: list[RefusedHour]


def take_hours(
    connection: Connection, sensor: ReferenceSensor, said: Statement, now_ms: int
) -> Taken:
    """Store what the statement changes, in one transaction; the writer marks the hours dirty."""
    taken = Taken(Counter(), [])
    if not said.hours and not said.doubtful:
        return taken
    with connection.transaction():
        connection.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, sensor.registered.sensor_id)
        )
        stored = _newest(connection, sensor, said.reach_ms())
        readings = _withdrawals(stored, said, sensor.code)
        taken.hours[HourOutcome.WITHDRAWN] += len(readings)
        for hour in said.hours:
            outcome, reading = _decide(hour, stored.get(hour.start_ms), said, sensor.code)
            taken.hours[outcome] += 1
            readings.extend([reading] if reading else [])
            if outcome is HourOutcome.REFUSED:
                taken.refused.append(_other_format(hour, stored[hour.start_ms], said))
        _write(connection, sensor, readings, now_ms)
    return taken


def _write(
    connection: Connection, sensor: ReferenceSensor, readings: list[WireReading], now_ms: int
) -> None:
    rows = rows_of(readings, {sensor.code: sensor.registered}, now_ms)
    if write(connection, rows, [], []).new != len(readings):
        raise Unavailable(f"sensor {sensor.code}: somebody else writes its readings; try again")


def _newest(
    connection: Connection, sensor: ReferenceSensor, reach_ms: tuple[int, int]
) -> dict[int, Stored]:
    first, last = (instant(_stamp_ms(start_ms)) for start_ms in reach_ms)
    rows = connection.execute(
        _NEWEST.encode(), (sensor.registered.sensor_id, first, last)
    ).fetchall()
    return {epoch_ms(row[0]) + 1 - HOUR_MS: _stored(*row[1:]) for row in rows}


def _stored(seq: int, extras: dict[str, Any] | None, *values: float | None) -> Stored:
    told = extras or {}
    return Stored(
        seq,
        str(told.get("format", "")),
        int(told.get("as_of_ms", 0)),
        bool(told.get("withdrawn")),
        dict(zip(_FIELDS, values, strict=True)),
    )


def _decide(
    hour: Hour, stored: Stored | None, said: Statement, code: str
) -> tuple[HourOutcome, WireReading | None]:
    if stored is None:
        if all(value is None for value in hour.values.values()):
            return HourOutcome.MISSING, None
        return HourOutcome.NEW, _reading(hour, 1, hour.values, said, code)
    if said.doubtful is not None and stored.is_from_other(said.page_format):
        return _replaced(hour, stored, said, code)
    if stored.page_format != said.page_format and not stored.withdrawn:
        return HourOutcome.REFUSED, None
    values = stored.values | hour.values
    if said.as_of_ms <= stored.as_of_ms or _as_stored(values) == _as_stored(stored.values):
        return HourOutcome.UNCHANGED, None
    return HourOutcome.REVISED, _reading(hour, stored.seq + 1, values, said, code)


def _replaced(
    hour: Hour, stored: Stored, said: Statement, code: str
) -> tuple[HourOutcome, WireReading | None]:
    """The page's word alone, equal or not: what the other format said is of another hour."""
    if any(value is not None for value in hour.values.values()):
        return HourOutcome.REPLACED, _reading(hour, stored.seq + 1, hour.values, said, code)
    if not stored.has_values():
        return HourOutcome.MISSING, None
    return HourOutcome.WITHDRAWN, _reading(hour, stored.seq + 1, hour.values, said, code)


def _withdrawals(stored: dict[int, Stored], said: Statement, code: str) -> list[WireReading]:
    """Readings without a value for the doubtful hours that are stored from the other format."""
    found = []
    for start_ms, values in (said.doubtful or {}).items():
        old = stored.get(start_ms)
        if old is None or not old.is_from_other(said.page_format) or not old.has_values():
            continue
        if values is None or _as_stored(old.values | dict(values)) == _as_stored(old.values):
            # Said at no time: whatever a page, of either format, says of the hour may follow.
            extras = {"format": str(said.page_format), "as_of_ms": 0, "withdrawn": True}
            found.append(WireReading(seq=old.seq + 1, t=_stamp_ms(start_ms), sensor=code, x=extras))
    return found


def _reading(
    hour: Hour, seq: int, values: dict[str, float | None], said: Statement, code: str
) -> WireReading:
    extras = {"format": str(said.page_format), "as_of_ms": said.as_of_ms}
    return WireReading(
        seq=seq,
        t=_stamp_ms(hour.start_ms),
        sensor=code,
        x=extras,
        pm25=values.get("pm25"),
        pm10=values.get("pm10"),
        t_c=values.get("t_c"),
        rh=values.get("rh"),
        wind_mps=values.get("wind_mps"),
        wind_deg=values.get("wind_deg"),
    )


def _stamp_ms(start_ms: int) -> int:
    return last_instant_ms(start_ms + HOUR_MS)


def _as_stored(values: dict[str, float | None]) -> list[bytes | None]:
    """The values as the column type `real` keeps them: 16.4 read back is not the 16.4 of JSON."""
    told = [values.get(field) for field in _FIELDS]
    return [None if value is None else struct.pack("<f", value + 0.0) for value in told]


def _other_format(hour: Hour, stored: Stored, said: Statement) -> RefusedHour:
    known = stored.page_format or "another source"
    reason = f"stored from {known}; {said.page_format} rounds or labels differently, never mixed"
    if stored.is_from_other(said.page_format):
        reason += f"; if {known} was the wrong format, --replace takes it back"
    return RefusedHour(label_of(hour.start_ms, said.page_format), reason)
