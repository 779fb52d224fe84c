"""What says how well the data of one sensor and pollutant come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.quality import QcFlag

if TYPE_CHECKING:
    from datetime import datetime

    from api.queries.database import Database, Row
    from dust.periods import Period
    from dust.pollutants import Pollutant

_FLAGS: Final = """
SELECT count(*) FILTER (WHERE flag <> %(missing)s) AS n_values,
  count(*) FILTER (WHERE flag = %(suspect)s) AS n_suspect,
  count(*) FILTER (WHERE flag = %(fail)s) AS n_failed
FROM (
  SELECT CASE %(pollutant)s WHEN 'pm1' THEN qc_pm1 WHEN 'pm25' THEN qc_pm25
    WHEN 'pm10' THEN qc_pm10 WHEN 'tsp' THEN qc_tsp END AS flag
  FROM readings
  WHERE sensor_id = %(sensor_id)s
    AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
) AS flagged
"""
_FIRST_DEPLOYED: Final = """
SELECT min(deployed_from) AS first FROM deployments
WHERE station_id = %(station_id)s AND %(pollutant)s = ANY(reports)
"""


async def fetch_flag_counts(
    database: Database, sensor_id: int, pollutant: Pollutant, span: Period
) -> Row:
    """How many values a sensor gave in a span, and how many of them are suspect or failed."""
    rows = await database.rows(
        _FLAGS,
        {
            "sensor_id": sensor_id,
            "pollutant": str(pollutant),
            "start": span.start,
            "end": span.end,
            "missing": int(QcFlag.MISSING),
            "suspect": int(QcFlag.SUSPECT),
            "fail": int(QcFlag.FAIL),
        },
    )
    return rows[0]


async def fetch_first_deployed(
    database: Database, station_id: int, pollutant: Pollutant
) -> datetime | None:
    """Since when a pollutant could have been measured at a station."""
    rows = await database.rows(
        _FIRST_DEPLOYED, {"station_id": station_id, "pollutant": str(pollutant)}
    )
    first: datetime | None = rows[0]["first"]
    return first
