"""What is to be made again: marks are claimed in bulk, and each tells why it was set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

from dust.restatement import Reason, told
from ingest.flags import SensorHour
from ingest.station_hour import StationHour

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from psycopg import Connection

_CLAIM_SENSOR_HOURS: Final = """
DELETE FROM dirty_hours WHERE dirty_hour_id IN (
  SELECT dirty_hour_id FROM dirty_hours ORDER BY dirty_hour_id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING sensor_id, hour_start, reason
"""
_CLAIM_STATION_HOURS: Final = """
DELETE FROM dirty_station_hours WHERE dirty_station_hour_id IN (
  SELECT dirty_station_hour_id FROM dirty_station_hours
  ORDER BY dirty_station_hour_id LIMIT %s FOR UPDATE SKIP LOCKED
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

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked for all of it, changed or not."""
        reasons = chain(self.sensor_hours.values(), self.station_hours.values())
        return any(Reason.ASKED in some for some in reasons)

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


def claim(connection: Connection, at_most: int) -> DirtyWork:
    """Take up to `at_most` marks of each list, in the caller's transaction."""
    work = DirtyWork()
    for sensor_id, start, reason in connection.execute(_CLAIM_SENSOR_HOURS, (at_most,)):
        work.sensor_hours[SensorHour(sensor_id, start)].add(reason)
    for station_id, start, reason in connection.execute(_CLAIM_STATION_HOURS, (at_most,)):
        work.station_hours[StationHour(station_id, start)].add(reason)
    return work


def mark_days(connection: Connection, days: Mapping[tuple[int, date], set[str]]) -> None:
    """Leave these local days (station, day) to the ledger, with the reasons."""
    rows = [(station_id, day, told(reasons)) for (station_id, day), reasons in sorted(days.items())]
    if rows:
        stations, local_days, reasons = (list(column) for column in zip(*rows, strict=True))
        connection.execute(_MARK_DAYS, (stations, local_days, reasons))
