"""The ledger's standing entries: of every day the newest revision, now or as of an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from api.queries.database import Database, Row
    from dust.pollutants import Pollutant

_STANDING: Final = """
SELECT * FROM (
  SELECT DISTINCT ON (e.station_id, e.pollutant, e.limit_id, e.local_day)
    e.exceedance_id, s.code AS station, e.pollutant, e.limit_id, e.local_day, e.period_start,
    e.period_end, e.revision, e.kind, e.status, e.value_raw, e.value_rounded, e.level_ugm3,
    e.is_complete, e.n_valid, e.n_possible, e.time_coverage, e.data_capture, e.data_coverage,
    e.claim_class, e.rule_set, e.reason, e.recorded_at, e.corrections, e.changed
  FROM exceedances e JOIN stations s USING (station_id)
  WHERE (%(station)s::text IS NULL OR s.code = %(station)s)
    AND (%(as_of)s::timestamptz IS NULL OR e.recorded_at <= %(as_of)s)
  ORDER BY e.station_id, e.pollutant, e.limit_id, e.local_day, e.revision DESC
) AS newest
WHERE status <> 'withdrawn' OR %(withdrawn)s
ORDER BY local_day DESC, station, pollutant
LIMIT %(limit)s
"""
_DAYS_OVER: Final = """
SELECT local_day, claim_class FROM (
  SELECT DISTINCT ON (limit_id, local_day) local_day, status, claim_class
  FROM exceedances
  WHERE station_id = %(station_id)s AND pollutant = %(pollutant)s
    AND local_day >= %(first)s AND local_day < %(end)s
  ORDER BY limit_id, local_day, revision DESC
) AS newest
WHERE status <> 'withdrawn'
ORDER BY local_day
"""


async def fetch_exceedances(
    database: Database,
    station: str | None,
    *,
    withdrawn: bool,
    limit: int,
    as_of: datetime | None = None,
) -> list[Row]:
    """Newest day first; withdrawn entries only when asked for; as of an instant what stood then."""
    return await database.rows(
        _STANDING,
        {"station": station, "withdrawn": withdrawn, "limit": limit, "as_of": as_of},
    )


async def fetch_days_over(
    database: Database, station_id: int, pollutant: Pollutant, first: date, end: date
) -> list[Row]:
    """The local days in [first, end) with a standing entry; twice where two limit values judge."""
    return await database.rows(
        _DAYS_OVER,
        {"station_id": station_id, "pollutant": str(pollutant), "first": first, "end": end},
    )
