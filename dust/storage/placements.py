"""Where sensors have stood, before and after a change of the network, and what the change touches.

A sensor that is moved must leave no old averages behind, and an hour that it does not touch must
not be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dust.restatement import Reason
from dust.storage.dirty_marks import mark_sensor_hours, mark_station_hours

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

_PLACEMENTS: Final = """
SELECT d.sensor_id, d.deployed_from, d.station_id, d.deployed_to, d.reports, s.model,
  s.sampling_interval_s
FROM deployments d JOIN sensors s USING (sensor_id)
"""


class Placement(NamedTuple):
    """A sensor at a station over a span, and what makes its averages."""

    sensor_id: int
    start: datetime
    station_id: int
    end: datetime | None
    reports: frozenset[str]
    model: str
    sampling_interval_s: float


_Key = tuple[int, "datetime"]
_Span = tuple["datetime", "datetime | None"]


def stored_placements(connection: Connection) -> dict[_Key, Placement]:
    """Every deployment by sensor and start."""
    return {
        (sensor_id, start): Placement(sensor_id, start, station_id, end, frozenset(told), *sensor)
        for sensor_id, start, station_id, end, told, *sensor in connection.execute(_PLACEMENTS)
    }


def mark_moved(
    connection: Connection, before: dict[_Key, Placement], after: dict[_Key, Placement]
) -> None:
    """Mark the hours that are told otherwise by what is placed otherwise."""
    for key, placement in after.items():
        known = before.get(key)
        span = _touched(known, placement)
        if span is None:
            continue
        mark_sensor_hours(connection, [placement.sensor_id], *span, Reason.DEPLOYMENT)
        if known is not None:
            mark_station_hours(connection, [known.station_id], *span, Reason.DEPLOYMENT)


def _touched(before: Placement | None, after: Placement) -> _Span | None:
    """The span over which the two tell different things; None where they are the same."""
    if before is None:
        return after.start, after.end
    if before == after:
        return None
    ends = [placement.end for placement in (before, after) if placement.end is not None]
    last = max(ends) if len(ends) == 2 else None  # noqa: PLR2004  (both have ended)
    if before._replace(end=after.end) == after:
        return min(ends), last
    return after.start, last
