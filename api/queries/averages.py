"""Stored averages of one station and pollutant over a span of time, ascending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from api.queries.database import Database, Row
    from dust.periods import AveragingPeriod, Period
    from dust.pollutants import Pollutant

_AVERAGES: Final = """
SELECT period_start, period_end, value, uncorrected_value, partial_mean, n_valid, n_measured,
  n_possible, time_coverage, data_capture, data_coverage, claim_class, rule_set, revision
FROM averages
WHERE station_id = %(station_id)s AND pollutant = %(pollutant)s AND period_kind = %(kind)s
  AND period_start >= %(start)s AND period_start < %(end)s
ORDER BY period_start
"""


async def fetch_averages(
    database: Database,
    station_id: int,
    pollutant: Pollutant,
    kind: AveragingPeriod,
    span: Period,
) -> list[Row]:
    """The averages whose period starts within `span`."""
    return await database.rows(
        _AVERAGES,
        {
            "station_id": station_id,
            "pollutant": str(pollutant),
            "kind": str(kind),
            "start": span.start,
            "end": span.end,
        },
    )
