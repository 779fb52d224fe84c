"""From a page's hours to readings: new ones, revisions of stored ones, or nothing.

One transaction a page, alone at its sensor. What was said later decides, not what is imported
later: a page older than what is stored of an hour changes nothing of it.
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
from ingest.air4thai.page_format import HOUR_MS
from ingest.batch import rows_of
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from ingest.air4thai.page import Hour
    from ingest.air4thai.page_format import PageFormat
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
    """The newest reading of an hour: which format said it, and when (epoch ms)."""

    seq: int
    page_format: str
    as_of_ms: int
    values: dict[str, float | None]


class Statement(NamedTuple):
    """Hours of one page, the format that they came in, and when the page was said (epoch ms)."""

    hours: Sequence[Hour]
    page_format: PageFormat
    as_of_ms: int


class Taken(NamedTuple):
    """What became of the hours of a page."""

    hours: Counter[HourOutcome]
    refused: list[RefusedHour]


def take_hours(
    connection: Connection, sensor: ReferenceSensor, said: Statement, now_ms: int
) -> Taken:
    """Store what the statement changes, in one transaction; the writer marks the hours dirty."""
    taken = Taken(Counter(), [])
    if not said.hours:
        return taken
    with connection.transaction():
        connection.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, sensor.registered.sensor_id)
        )
        stored = _newest(connection, sensor, said.hours)
        readings = []
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
    if write(connection, rows, [], []) != len(readings):
        raise Unavailable(f"sensor {sensor.code}: somebody else writes its readings; try again")


def _newest(
    connection: Connection, sensor: ReferenceSensor, hours: Sequence[Hour]
) -> dict[int, Stored]:
    first, last = (instant(_stamp_ms(hour)) for hour in (hours[0], hours[-1]))
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
        dict(zip(_FIELDS, values, strict=True)),
    )


def _decide(
    hour: Hour, stored: Stored | None, said: Statement, code: str
) -> tuple[HourOutcome, WireReading | None]:
    if stored is None:
        if all(value is None for value in hour.values.values()):
            return HourOutcome.MISSING, None
        return HourOutcome.NEW, _reading(hour, 1, hour.values, said, code)
    if stored.page_format != said.page_format:
        return HourOutcome.REFUSED, None
    values = stored.values | hour.values
    if said.as_of_ms <= stored.as_of_ms or _as_stored(values) == _as_stored(stored.values):
        return HourOutcome.UNCHANGED, None
    return HourOutcome.REVISED, _reading(hour, stored.seq + 1, values, said, code)


def _reading(
    hour: Hour, seq: int, values: dict[str, float | None], said: Statement, code: str
) -> WireReading:
    extras = {"format": str(said.page_format), "as_of_ms": said.as_of_ms}
    return WireReading(
        seq=seq,
        t=_stamp_ms(hour),
        sensor=code,
        x=extras,
        pm25=values.get("pm25"),
        pm10=values.get("pm10"),
        t_c=values.get("t_c"),
        rh=values.get("rh"),
        wind_mps=values.get("wind_mps"),
        wind_deg=values.get("wind_deg"),
    )


def _stamp_ms(hour: Hour) -> int:
    return last_instant_ms(hour.start_ms + HOUR_MS)


def _as_stored(values: dict[str, float | None]) -> list[bytes | None]:
    """The values as the column type `real` keeps them: 16.4 read back is not the 16.4 of JSON."""
    told = [values.get(field) for field in _FIELDS]
    return [None if value is None else struct.pack("<f", value + 0.0) for value in told]


def _other_format(hour: Hour, stored: Stored, said: Statement) -> RefusedHour:
    known = stored.page_format or "another source"
    reason = f"stored from {known}; {said.page_format} rounds or labels differently, never mixed"
    return RefusedHour(instant(hour.start_ms).isoformat(), reason)
