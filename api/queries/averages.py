"""Stored averages of one station and pollutant over a span of time, now or as of an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from api.queries.database import Database, Row
    from dust.periods import AveragingPeriod, Period
    from dust.pollutants import Pollutant

_AVERAGES: Final = """
SELECT period_start, period_end, value, uncorrected_value, partial_mean, n_valid, n_measured,
  n_possible, time_coverage, data_capture, data_coverage, claim_class, rule_set, revision,
  corrections, qc_tests
FROM averages
WHERE station_id = %(station_id)s AND pollutant = %(pollutant)s AND period_kind = %(kind)s
  AND period_start >= %(start)s AND period_start < %(end)s
  AND (%(as_of)s::timestamptz IS NULL OR computed_at <= %(as_of)s)
"""
# A row says what it says from the transaction that wrote it until the one that supersedes it.
_HISTORY: Final = """
UNION ALL
SELECT period_start, period_end, value, uncorrected_value, partial_mean, n_valid, n_measured,
  n_possible, time_coverage, data_capture, data_coverage, claim_class, rule_set, revision,
  corrections, qc_tests
FROM average_history
WHERE station_id = %(station_id)s AND pollutant = %(pollutant)s AND period_kind = %(kind)s
  AND period_start >= %(start)s AND period_start < %(end)s
  AND computed_at <= %(as_of)s AND superseded_at > %(as_of)s
"""
_ASCENDING: Final = "ORDER BY period_start"


async def fetch_averages(
    database: Database,
    station_id: int,
    pollutant: Pollutant,
    kind: AveragingPeriod,
    span: Period,
    *,
    as_of: datetime | None = None,
) -> list[Row]:
    """The averages whose period starts within `span`, ascending.

    As of an instant: those that stood then. A period that was still open then told nothing final,
    and is there only if nothing has changed it since.
    """
    return await database.rows(
        _AVERAGES + (_HISTORY if as_of else "") + _ASCENDING,
        {
            "station_id": station_id,
            "pollutant": str(pollutant),
            "kind": str(kind),
            "start": span.start,
            "end": span.end,
            "as_of": as_of,
        },
    )
