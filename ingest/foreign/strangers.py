"""Devices that sent readings and are not in the network: what quarantine knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from dust.claims import claims_table
from dust.clock import instant
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.readings import VALUE_FIELDS
from dust.wire import WireReading
from ingest.rejection import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

_NEWEST: Final = 50
"""Readings of a device that are looked into."""
_STRANGERS: Final = """
SELECT q.value, q.topic, q.gateway, min(q.first_received_at), max(q.last_received_at), count(*),
  EXISTS (SELECT FROM sensors WHERE sensors.code = q.value)
FROM quarantine q WHERE q.reason = %s AND q.value IS NOT NULL
  AND q.replayed_at IS NULL AND q.discarded_at IS NULL
GROUP BY q.value, q.topic, q.gateway ORDER BY q.value, q.topic
"""
_PAYLOADS: Final = """
SELECT payload, first_received_at FROM quarantine
WHERE reason = %s AND value = %s AND topic = %s AND gateway = %s
  AND replayed_at IS NULL AND discarded_at IS NULL
ORDER BY first_received_at DESC LIMIT %s
"""
_STATION: Final = "SELECT EXISTS (SELECT FROM stations WHERE code = %s)"
_STATIONS: Final = "SELECT code FROM stations ORDER BY code"
_SHORTEST_S, _LONGEST_S, _UNKNOWN_S = 1, 3600, 60


@dataclass(frozen=True, slots=True)
class Stranger:
    """A code that quarantine has readings of, heard on one topic.

    `fields` are the quantities seen, `interval_s` the usual time between two readings, and
    `behind_s` how much older than its arrival one usually is: hours are a wrong zone or clock.
    """

    code: str
    topic: str
    gateway: str
    first_seen: datetime
    last_seen: datetime
    times: int
    is_registered: bool
    fields: tuple[str, ...]
    interval_s: int | None
    behind_s: int | None
    first_time: datetime | None

    @property
    def pollutants(self) -> list[str]:
        return [name for name in self.fields if name in set(Pollutant)]


def fetch_strangers(connection: Connection) -> list[Stranger]:
    """All of them, by code."""
    rows = connection.execute(_STRANGERS, (str(Reason.UNKNOWN_SENSOR),)).fetchall()
    return [_stranger(connection, *row) for row in rows]


def stranger_called(connection: Connection, code: str) -> Stranger:
    """The one of this code that was heard last; raises `BadInput` that names the known ones."""
    found = fetch_strangers(connection)
    known = sorted((each for each in found if each.code == code), key=lambda each: each.last_seen)
    if not known:
        codes = ", ".join(sorted({each.code for each in found})) or "none"
        raise BadInput("code", code, f"a code that `dust devices list` shows: {codes}")
    return known[-1]


def network_lines(connection: Connection, stranger: Stranger, station: str, model: str) -> str:
    """What to add to the network file for the stranger; raises `BadInput` for station and model."""
    claims = claims_table().model(model)
    if connection.execute(_STATION, (station,)).fetchone() != (True,):
        codes = ", ".join(code for (code,) in connection.execute(_STATIONS))
        raise BadInput("station", station, f"the code of a station: {codes or 'none yet'}")
    measured = [str(pollutant) for pollutant in claims.pollutants]
    reports = [name for name in stranger.pollutants if name in measured]
    lines = [
        "[[sensors]]",
        f'code = "{stranger.code}"',
        f'model = "{model}"',
        f'gateway = "{stranger.gateway}"',
        f"sampling_interval_s = {stranger.interval_s or _UNKNOWN_S}"
        + ("" if stranger.interval_s else "  # not known yet: the time between two readings"),
        "",
        "[[deployments]]",
        f'sensor = "{stranger.code}"',
        f'station = "{station}"',
    ]
    if stranger.first_time is not None:
        lines.append(f"from = {stranger.first_time:%Y-%m-%dT%H:%M:%SZ}")
    if reports:
        lines.append("reports = [" + ", ".join(f'"{name}"' for name in reports) + "]")
    return "\n".join(lines) + "\n"


def _stranger(  # noqa: PLR0913, PLR0917  (one argument a column)
    connection: Connection,
    code: str,
    topic: str,
    gateway: str,
    first_seen: datetime,
    last_seen: datetime,
    times: int,
    is_registered: bool,  # noqa: FBT001  (the same)
) -> Stranger:
    parameters = (str(Reason.UNKNOWN_SENSOR), code, topic, gateway, _NEWEST)
    rows = connection.execute(_PAYLOADS, parameters).fetchall()
    heard = [(reading, at) for payload, at in rows if (reading := _reading(payload)) is not None]
    readings = [reading for reading, _ in heard]
    behind = [at.timestamp() - reading.t / 1000 for reading, at in heard]
    return Stranger(
        code,
        topic,
        gateway,
        first_seen,
        last_seen,
        times,
        is_registered,
        tuple(name for name in VALUE_FIELDS if any(_has(reading, name) for reading in readings)),
        _interval_s(readings),
        round(median(behind)) if behind else None,
        _whole_second(min(reading.t for reading in readings)) if readings else None,
    )


def _has(reading: WireReading, name: str) -> bool:
    return getattr(reading, name) is not None


def _reading(payload: bytes) -> WireReading | None:
    try:
        return msgspec.json.decode(payload, type=WireReading)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _interval_s(readings: Sequence[WireReading]) -> int | None:
    """Between readings of one sequence number: those of other quantities come in between."""
    gaps: list[float] = []
    for seq in {reading.seq for reading in readings}:
        times = sorted({reading.t for reading in readings if reading.seq == seq})
        gaps += [(later - earlier) / 1000 for earlier, later in pairwise(times)]
    return min(max(round(median(gaps)), _SHORTEST_S), _LONGEST_S) if gaps else None


def _whole_second(at_ms: int) -> datetime:
    return instant(at_ms // 1000 * 1000).astimezone(UTC)
