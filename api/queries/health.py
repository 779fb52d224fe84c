"""What says how well the data of one pollutant come, for one sensor or for all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.quality import QcFlag

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.queries.database import Database, Row
    from dust.periods import Period
    from dust.pollutants import Pollutant

_FLAGS: Final = """
SELECT asked.sensor_id, counted.*
FROM unnest(%(sensor_ids)s::integer[], %(starts)s::timestamptz[]) AS asked (sensor_id, since)
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE flag <> %(missing)s) AS n_values,
    count(*) FILTER (WHERE flag = %(suspect)s) AS n_suspect,
    count(*) FILTER (WHERE flag = %(fail)s) AS n_failed
  FROM (
    SELECT CASE %(pollutant)s WHEN 'pm1' THEN qc_pm1 WHEN 'pm25' THEN qc_pm25
      WHEN 'pm10' THEN qc_pm10 WHEN 'tsp' THEN qc_tsp END AS flag
    FROM readings
    WHERE readings.sensor_id = asked.sensor_id AND phenomenon_time >= asked.since
      AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
  ) AS flagged
) AS counted
"""
_FIRST_DEPLOYED: Final = """
SELECT station_id, min(deployed_from) AS first FROM deployments
WHERE %(pollutant)s = ANY(reports)
  AND (%(station_id)s::integer IS NULL OR station_id = %(station_id)s)
GROUP BY station_id
"""
_HOURS: Final = """
SELECT station_id, period_start, value, claim_class, qc_tests FROM averages
WHERE pollutant = %(pollutant)s AND period_kind = 'hour'
  AND period_start >= %(start)s AND period_start < %(end)s
ORDER BY station_id, period_start
"""


async def fetch_flag_counts(
    database: Database, since: Mapping[int, datetime], pollutant: Pollutant, span: Period
) -> dict[int, Row]:
    """By sensor: how many values it gave in a span, how many of them are suspect or failed.

    Of each sensor only what it said since the instant that `since` has for it.
    """
    rows = await database.rows(
        _FLAGS,
        {
            "sensor_ids": list(since),
            "starts": list(since.values()),
            "pollutant": str(pollutant),
            "start": span.start,
            "end": span.end,
            "missing": int(QcFlag.MISSING),
            "suspect": int(QcFlag.SUSPECT),
            "fail": int(QcFlag.FAIL),
        },
    )
    return {row["sensor_id"]: row for row in rows}


async def fetch_first_deployed(
    database: Database, pollutant: Pollutant, station_id: int | None = None
) -> dict[int, datetime]:
    """Since when a pollutant could have been measured, by station: of one or of all."""
    rows = await database.rows(
        _FIRST_DEPLOYED, {"station_id": station_id, "pollutant": str(pollutant)}
    )
    return {row["station_id"]: row["first"] for row in rows}


async def fetch_hours_of_all(database: Database, pollutant: Pollutant, span: Period) -> list[Row]:
    """The hours of every station that start within `span`."""
    return await database.rows(
        _HOURS, {"pollutant": str(pollutant), "start": span.start, "end": span.end}
    )
