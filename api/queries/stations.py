"""Stations with all that their tile on the page needs: sensors, newest readings, recent hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from api.queries.database import Database, Row

_NETWORK: Final = "SELECT code, name_th, name_en, is_example, rule_set FROM network"
_STATIONS: Final = """
SELECT station_id, code, name_th, name_en, kind, zone, latitude, longitude, time_zone, is_example
FROM stations
WHERE %(station_ids)s::integer[] IS NULL OR station_id = ANY(%(station_ids)s)
ORDER BY code
"""
_SENSORS: Final = """
SELECT d.station_id, d.sensor_id, d.deployed_from, d.reports, s.code, s.model,
  s.sampling_interval_s, l.phenomenon_time, l.pm25, l.pm10, l.qc_pm25, l.qc_pm10
FROM deployments d
JOIN sensors s USING (sensor_id)
LEFT JOIN latest_readings l
  ON l.sensor_id = d.sensor_id AND l.phenomenon_time >= d.deployed_from
WHERE d.deployed_from <= %(now)s AND (d.deployed_to IS NULL OR d.deployed_to > %(now)s)
  AND (%(station_ids)s::integer[] IS NULL OR d.station_id = ANY(%(station_ids)s))
ORDER BY d.station_id, s.code
"""
_HOURS: Final = """
SELECT station_id, pollutant, period_start, value, partial_mean, n_valid, n_possible, claim_class,
  rule_set
FROM averages
WHERE period_kind = 'hour' AND period_start >= %(start)s AND pollutant IN ('pm25', 'pm10')
  AND (%(station_ids)s::integer[] IS NULL OR station_id = ANY(%(station_ids)s))
ORDER BY station_id, pollutant, period_start
"""
_ID_OF: Final = "SELECT station_id FROM stations WHERE code = %(code)s"


async def fetch_network(database: Database) -> Row | None:
    rows = await database.rows(_NETWORK)
    return rows[0] if rows else None


async def fetch_stations(database: Database, station_ids: Collection[int] | None) -> list[Row]:
    """All stations, or those with these keys."""
    return await database.rows(_STATIONS, {"station_ids": _array(station_ids)})


async def fetch_sensors(
    database: Database, station_ids: Collection[int] | None, now: datetime
) -> list[Row]:
    """The sensors deployed now, each with its newest reading."""
    return await database.rows(_SENSORS, {"station_ids": _array(station_ids), "now": now})


async def fetch_recent_hours(
    database: Database, station_ids: Collection[int] | None, now: datetime
) -> list[Row]:
    """Hourly averages since 25 hours ago: the last 24 whole hours and the open one."""
    start = now - timedelta(hours=25)
    return await database.rows(_HOURS, {"station_ids": _array(station_ids), "start": start})


async def fetch_station_id(database: Database, code: str) -> int | None:
    rows = await database.rows(_ID_OF, {"code": code})
    return int(rows[0]["station_id"]) if rows else None


def _array(station_ids: Collection[int] | None) -> list[int] | None:
    return None if station_ids is None else sorted(station_ids)
