"""The ledger's standing entries: of every day the newest revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from api.queries.database import Database, Row

_STANDING: Final = """
SELECT * FROM (
  SELECT DISTINCT ON (e.station_id, e.pollutant, e.limit_id, e.local_day)
    e.exceedance_id, s.code AS station, e.pollutant, e.limit_id, e.local_day, e.period_start,
    e.period_end, e.revision, e.kind, e.status, e.value_raw, e.value_rounded, e.level_ugm3,
    e.is_complete, e.n_valid, e.n_possible, e.time_coverage, e.data_capture, e.data_coverage,
    e.claim_class, e.rule_set, e.reason, e.recorded_at
  FROM exceedances e JOIN stations s USING (station_id)
  WHERE %(station)s::text IS NULL OR s.code = %(station)s
  ORDER BY e.station_id, e.pollutant, e.limit_id, e.local_day, e.revision DESC
) AS newest
WHERE status <> 'withdrawn' OR %(withdrawn)s
ORDER BY local_day DESC, station, pollutant
LIMIT %(limit)s
"""


async def fetch_exceedances(
    database: Database, station: str | None, *, withdrawn: bool, limit: int
) -> list[Row]:
    """Newest day first; withdrawn entries only when asked for."""
    return await database.rows(
        _STANDING, {"station": station, "withdrawn": withdrawn, "limit": limit}
    )
