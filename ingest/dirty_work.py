"""What is to be made again: marks are claimed in bulk, and each tells why it was set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dust.restatement import told
from ingest.flags import SensorHour
from ingest.station_hour import StationHour

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from psycopg import Connection

_CLAIM_SENSOR_HOURS: Final = """
DELETE FROM dirty_hours WHERE dirty_hour_id IN (
  SELECT dirty_hour_id FROM dirty_hours
  WHERE failed_at IS NULL AND {which} ORDER BY dirty_hour_id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING sensor_id, hour_start, reason
"""
_CLAIM_LATE: Final = _CLAIM_SENSOR_HOURS.format(which="reason = 'late_data'").encode()
_CLAIM_ANY: Final = _CLAIM_SENSOR_HOURS.format(which="true").encode()
_CLAIM_STATION_HOURS: Final = """
DELETE FROM dirty_station_hours WHERE dirty_station_hour_id IN (
  SELECT dirty_station_hour_id FROM dirty_station_hours WHERE failed_at IS NULL
  ORDER BY dirty_station_hour_id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING station_id, hour_start, reason
"""
_SET_ASIDE: Final = {
    "dirty_hours": "dirty_hour_id",
    "dirty_station_hours": "dirty_station_hour_id",
}
# All other marks of the same hours, so that every reason is told and no hour is made twice.
_ALSO_SENSOR_HOURS: Final = """
DELETE FROM dirty_hours WHERE dirty_hour_id IN (
  SELECT m.dirty_hour_id
  FROM unnest(%s::integer[], %s::timestamptz[]) AS w (station_id, hour_start)
  JOIN deployments d ON d.station_id = w.station_id
    AND d.deployed_from < w.hour_start + interval '1 hour'
    AND (d.deployed_to IS NULL OR d.deployed_to > w.hour_start)
  JOIN dirty_hours m ON m.sensor_id = d.sensor_id AND m.hour_start = w.hour_start
    AND m.failed_at IS NULL
  FOR UPDATE OF m SKIP LOCKED
) RETURNING sensor_id, hour_start, reason
"""
_ALSO_STATION_HOURS: Final = """
DELETE FROM dirty_station_hours WHERE dirty_station_hour_id IN (
  SELECT m.dirty_station_hour_id
  FROM unnest(%s::integer[], %s::timestamptz[]) AS w (station_id, hour_start)
  JOIN dirty_station_hours m USING (station_id, hour_start)
  WHERE m.failed_at IS NULL
  FOR UPDATE OF m SKIP LOCKED
) RETURNING station_id, hour_start, reason
"""
_STATIONS_OF: Final = """
SELECT DISTINCT d.station_id, h.hour_start, h.sensor_id
FROM unnest(%s::integer[], %s::timestamptz[]) AS h (sensor_id, hour_start)
JOIN deployments d ON d.sensor_id = h.sensor_id
  AND d.deployed_from < h.hour_start + interval '1 hour'
  AND (d.deployed_to IS NULL OR d.deployed_to > h.hour_start)
"""
_MARK_DAYS: Final = """
INSERT INTO dirty_days AS known (station_id, local_day, marked_at, reasons)
SELECT station_id, local_day, clock_timestamp(), string_to_array(reasons, '+')
FROM unnest(%s::integer[], %s::date[], %s::text[]) AS day (station_id, local_day, reasons)
ON CONFLICT (station_id, local_day) DO UPDATE SET marked_at = clock_timestamp(),
  reasons = ARRAY(SELECT DISTINCT unnest(known.reasons || excluded.reasons))
"""


@dataclass(slots=True)
class DirtyWork:
    """Claimed hours with the reasons of their marks; gone from the lists when it commits."""

    sensor_hours: defaultdict[SensorHour, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    station_hours: defaultdict[StationHour, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def __bool__(self) -> bool:
        return self.n_claimed > 0

    @property
    def n_claimed(self) -> int:
        return len(self.sensor_hours) + len(self.station_hours)

    def take_sensor_hours(self, marks: Iterable[tuple[int, datetime, str]]) -> int:
        """Add claimed marks; returns how many there were."""
        count = 0
        for sensor_id, start, reason in marks:
            self.sensor_hours[SensorHour(sensor_id, start)].add(reason)
            count += 1
        return count

    def take_station_hours(self, marks: Iterable[tuple[int, datetime, str]]) -> None:
        for station_id, start, reason in marks:
            self.station_hours[StationHour(station_id, start)].add(reason)

    def add_flagged(self, hours: Iterable[SensorHour]) -> None:
        """Add hours whose flags changed, for the reasons for which their sensor was looked at."""
        reasons: defaultdict[int, set[str]] = defaultdict(set)
        for hour, why in self.sensor_hours.items():
            reasons[hour.sensor_id] |= why
        for hour in hours:
            self.sensor_hours[hour] |= reasons[hour.sensor_id]

    def spread(self, connection: Connection) -> None:
        """Give the sensors' hours to the stations that they tell of."""
        sensors = [hour.sensor_id for hour in self.sensor_hours]
        starts = [hour.hour_start for hour in self.sensor_hours]
        for station_id, start, sensor_id in connection.execute(_STATIONS_OF, (sensors, starts)):
            reasons = self.sensor_hours[SensorHour(sensor_id, start)]
            self.station_hours[StationHour(station_id, start)] |= reasons


def claim(connection: Connection, sensor_hours: int, station_hours: int) -> DirtyWork:
    """Take up to so many marks of each list, new readings' first, and all others of their hours.

    In the caller's transaction: what it does not finish stays marked.
    """
    work = DirtyWork()
    late = sensor_hours - sensor_hours // 5  # what was asked for must not wait for ever either
    taken = work.take_sensor_hours(connection.execute(_CLAIM_LATE, (late,)))
    work.take_sensor_hours(connection.execute(_CLAIM_ANY, (sensor_hours - taken,)))
    work.take_station_hours(connection.execute(_CLAIM_STATION_HOURS, (station_hours,)))
    if work:
        work.spread(connection)
        stations = [hour.station_id for hour in work.station_hours]
        hours = stations, [hour.hour_start for hour in work.station_hours]
        work.take_sensor_hours(connection.execute(_ALSO_SENSOR_HOURS, hours))
        work.take_station_hours(connection.execute(_ALSO_STATION_HOURS, hours))
    return work


def set_aside(connection: Connection, table: str, error: Exception) -> None:
    """Keep the mark that would be claimed first, with the error that it makes, out of the way."""
    key = _SET_ASIDE[table]
    order = f"(reason <> 'late_data'), {key}" if table == "dirty_hours" else key
    connection.execute(
        f"UPDATE {table} SET failed_at = now(), error = %s WHERE {key} = ("  # noqa: S608  (names)
        f"SELECT {key} FROM {table} WHERE failed_at IS NULL ORDER BY {order} LIMIT 1)".encode(),
        (f"{type(error).__name__}: {error}"[:500],),
    )


def mark_days(connection: Connection, days: Mapping[tuple[int, date], set[str]]) -> None:
    """Leave these local days (station, day) to the ledger, with the reasons."""
    rows = [(station_id, day, told(reasons)) for (station_id, day), reasons in sorted(days.items())]
    if rows:
        stations, local_days, reasons = (list(column) for column in zip(*rows, strict=True))
        connection.execute(_MARK_DAYS, (stations, local_days, reasons))
