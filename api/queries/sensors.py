"""Sensors with where they are deployed now and their newest reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from api.queries.database import Database, Row

# The newest reading is the row that the writer keeps: no look into the readings themselves.
_SENSORS: Final = """
SELECT s.code, s.model, s.gateway, s.sampling_interval_s, t.code AS station, d.deployed_from,
  d.reports, l.phenomenon_time
FROM sensors s
LEFT JOIN deployments d ON d.sensor_id = s.sensor_id
  AND d.deployed_from <= %(now)s AND (d.deployed_to IS NULL OR d.deployed_to > %(now)s)
LEFT JOIN stations t USING (station_id)
LEFT JOIN latest_readings l ON l.sensor_id = s.sensor_id
WHERE %(code)s::text IS NULL OR s.code = %(code)s
ORDER BY s.code
"""


async def fetch_known_sensors(
    database: Database, now: datetime, code: str | None = None
) -> list[Row]:
    """Every sensor of the network, or the one called `code`; deployed at the instant or not."""
    return await database.rows(_SENSORS, {"now": now, "code": code})
