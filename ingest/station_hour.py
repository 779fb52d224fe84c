"""An hour and a local day at a station: what averages are made again for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dust.periods import HOUR, Period, day_period, local_day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from psycopg import Connection

_DEPLOYMENTS: Final = """
SELECT d.station_id, d.sensor_id, s.model, s.sampling_interval_s,
  d.deployed_from, d.deployed_to, d.reports
FROM deployments d JOIN sensors s USING (sensor_id)
WHERE d.station_id = ANY(%s::integer[])
ORDER BY d.station_id, d.deployed_from, d.sensor_id
"""


class StationHour(NamedTuple):
    """An hour at a station."""

    station_id: int
    hour_start: datetime


class StationDay(NamedTuple):
    """A local calendar day at a station."""

    station_id: int
    local_day: date
    period: Period


class Told(NamedTuple):
    """The part [start, end) of a station's hour in which a sensor tells of the station."""

    hour: StationHour
    sensor_id: int
    model: str
    sampling_interval_s: float
    reports: frozenset[str]
    start: datetime
    end: datetime


def told_parts(connection: Connection, hours: Sequence[StationHour]) -> list[Told]:
    """Which sensors tell of these hours, each over its part."""
    stations = sorted({hour.station_id for hour in hours})
    by_station: dict[int, list[tuple[Any, ...]]] = {station: [] for station in stations}
    for row in connection.execute(_DEPLOYMENTS, (stations,)):
        by_station[row[0]].append(row)
    return [part for hour in hours for part in _parts(hour, by_station[hour.station_id])]


def _parts(hour: StationHour, deployments: Iterable[tuple[Any, ...]]) -> Iterator[Told]:
    for _, sensor_id, model, interval_s, deployed_from, deployed_to, reports in deployments:
        start = max(hour.hour_start, deployed_from)
        end = min(hour.hour_start + HOUR, deployed_to or hour.hour_start + HOUR)
        if start < end:
            yield Told(hour, sensor_id, model, interval_s, frozenset(reports), start, end)


def days_of(connection: Connection, hours: Iterable[StationHour]) -> list[StationDay]:
    """The local days that these station hours belong to."""
    zones = zones_of(connection)
    days = {
        (hour.station_id, local_day_of(hour.hour_start, zones[hour.station_id])) for hour in hours
    }
    return [
        StationDay(station, day, day_period(day, zones[station])) for station, day in sorted(days)
    ]


def zones_of(connection: Connection) -> dict[int, ZoneInfo]:
    """Each station's time zone."""
    rows = connection.execute("SELECT station_id, time_zone FROM stations")
    return {station_id: ZoneInfo(name) for station_id, name in rows}
