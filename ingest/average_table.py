"""The table of averages: what is told is written where it differs, what is told no more goes.

The database keeps what a closed period said before (`average_history`), so nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from psycopg import Connection

    from dust.averaging import Average
    from dust.claims import ClaimClass
    from dust.periods import AveragingPeriod, Period
    from dust.standards import RuleSet

_COLUMNS: Final = {
    "station_id": "integer",
    "pollutant": "text",
    "period_kind": "text",
    "period_start": "timestamptz",
    "period_end": "timestamptz",
    "value": "numeric",
    "uncorrected_value": "numeric",
    "partial_mean": "numeric",
    "n_valid": "integer",
    "n_measured": "integer",
    "n_possible": "integer",
    "time_coverage": "numeric",
    "data_capture": "numeric",
    "data_coverage": "numeric",
    "claim_class": "text",
    "rule_set": "text",
    "corrections": "text",  # as a literal: an array of arrays would have to be rectangular
}
_KEY: Final = ("station_id", "pollutant", "period_kind", "period_start")
_TELLING: Final = (
    *("value", "uncorrected_value", "partial_mean", "n_valid", "n_measured", "n_possible"),
    *("claim_class", "rule_set", "corrections"),
)


def _list(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in names)


_TOLD_OTHERWISE: Final = (
    f"(({_list(_TELLING, 'known.')}) IS DISTINCT FROM ({_list(_TELLING, 'excluded.')}))"
)
_UPSERT: Final = f"""
INSERT INTO averages AS known ({_list(_COLUMNS)}, qc_tests, computed_at)
SELECT {_list(name for name in _COLUMNS if name != "corrections")}, corrections::integer[],
  qc_tests, %(told_at)s
FROM unnest({_list(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())},
    %(qc_tests)s::integer[]) AS told ({_list(_COLUMNS)}, qc_tests)
ON CONFLICT ({_list(_KEY)}) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEY)},
  qc_tests = excluded.qc_tests | (known.qc_tests & %(kept_tests)s),
  revision = known.revision + {_TOLD_OTHERWISE}::integer,
  computed_at = CASE WHEN {_TOLD_OTHERWISE} THEN excluded.computed_at ELSE known.computed_at END
WHERE ({_list(_TELLING, "known.")}, known.qc_tests & ~%(kept_tests)s)
  IS DISTINCT FROM ({_list(_TELLING, "excluded.")}, excluded.qc_tests)
RETURNING station_id, pollutant, period_start
"""  # noqa: S608  (the names are those above)
_DELETE: Final = """
DELETE FROM averages a
USING unnest(%(stations)s::integer[], %(starts)s::timestamptz[]) AS w (station_id, period_start)
WHERE a.station_id = w.station_id AND a.period_start = w.period_start AND a.period_kind = %(kind)s
  AND NOT EXISTS (
    SELECT 1 FROM unnest(%(kept_stations)s::integer[], %(kept_pollutants)s::text[],
      %(kept_starts)s::timestamptz[]) AS k (station_id, pollutant, period_start)
    WHERE k.station_id = a.station_id AND k.pollutant = a.pollutant
      AND k.period_start = a.period_start
  )
RETURNING a.station_id, a.pollutant, a.period_start
"""


class AverageKey(NamedTuple):
    """Which average of a kind: where, of what, from when on."""

    station_id: int
    pollutant: Pollutant
    start: datetime


@dataclass(frozen=True, slots=True)
class ToldAverage:
    """An average with all that is told beside it."""

    key: AverageKey
    period: Period
    average: Average
    uncorrected_value: Decimal | None
    claim: ClaimClass
    corrections: frozenset[int]
    tests: int


def tell(
    connection: Connection,
    kind: AveragingPeriod,
    wanted: Sequence[tuple[int, datetime]],
    averages: Sequence[ToldAverage],
    rules: RuleSet,
    kept_tests: int = 0,
) -> set[AverageKey]:
    """Write the averages of the wanted (station, start); returns those that are told otherwise now.

    What is stored of a wanted one and is not among `averages` is deleted. The bits of `kept_tests`
    stay as they are: another worker sets them.
    """
    changed = _write(connection, [_row(kind, told, rules) for told in averages], kept_tests)
    gone = connection.execute(
        _DELETE,
        {
            "kind": str(kind),
            "stations": [station_id for station_id, _ in wanted],
            "starts": [start for _, start in wanted],
            "kept_stations": [told.key.station_id for told in averages],
            "kept_pollutants": [str(told.key.pollutant) for told in averages],
            "kept_starts": [told.key.start for told in averages],
        },
    )
    return changed | _keys(gone)


def _write(
    connection: Connection, rows: Sequence[dict[str, Any]], kept_tests: int
) -> set[AverageKey]:
    if not rows:
        return set()
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    # Not the transaction's start: it may have waited for another worker, whose word was before.
    (told_at,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
    parameters = columns | {"kept_tests": kept_tests, "told_at": told_at}
    return _keys(connection.execute(_UPSERT.encode(), parameters))


def _keys(rows: Iterable[tuple[Any, ...]]) -> set[AverageKey]:
    return {
        AverageKey(station_id, Pollutant(pollutant), start) for station_id, pollutant, start in rows
    }


def _row(kind: AveragingPeriod, told: ToldAverage, rules: RuleSet) -> dict[str, Any]:
    average, coverage = told.average, told.average.coverage
    return {
        "station_id": told.key.station_id,
        "pollutant": str(told.key.pollutant),
        "period_kind": str(kind),
        "period_start": told.period.start,
        "period_end": told.period.end,
        "value": average.value,
        "uncorrected_value": told.uncorrected_value,
        "partial_mean": average.partial_mean,
        "n_valid": coverage.n_valid,
        "n_measured": coverage.n_measured,
        "n_possible": coverage.n_possible,
        "time_coverage": round(coverage.time_coverage, 6),
        "data_capture": round(coverage.data_capture, 6),
        "data_coverage": round(coverage.data_coverage, 6),
        "claim_class": str(told.claim),
        "rule_set": rules.id,
        "corrections": "{" + ",".join(str(each) for each in sorted(told.corrections)) + "}",
        "qc_tests": told.tests,
    }
