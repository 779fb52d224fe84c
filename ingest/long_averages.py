"""Days from stored hours, months and years from stored days: each from the figures told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.averaging import daily_average, long_average
from dust.claims import ClaimClass, weakest
from dust.periods import (
    AveragingPeriod,
    Period,
    days_between,
    local_day_of,
    month_period,
    year_period,
)
from dust.pollutants import Pollutant
from dust.quality import QcTest
from dust.storage.connection import database_errors
from dust.storage.dirty_marks import join_work
from dust.storage.stored_network import rules_in_force
from ingest.average_table import AverageKey, ToldAverage, tell
from ingest.station_hour import zones_of
from ingest.worker_locks import lock_stations

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from psycopg import Connection

    from dust.averaging import Average
    from dust.standards import RuleSet
    from ingest.station_hour import StationDay

# By the whole key, one period at a time: joined freely, the planner reads the table as a whole.
_PARTS: Final = """
SELECT w.station_id, a.pollutant, w.span_start, a.value, a.uncorrected_value, a.claim_class,
  a.corrections, a.qc_tests
FROM unnest(%(stations)s::integer[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
  AS w (station_id, span_start, span_end)
CROSS JOIN LATERAL (
  SELECT * FROM averages
  WHERE station_id = w.station_id AND pollutant = ANY(%(pollutants)s::text[])
    AND period_kind = %(kind)s
    AND period_start >= w.span_start AND period_start < w.span_end
  OFFSET 0
) AS a
"""


_MARK_MONTHS: Final = """
INSERT INTO dirty_months (station_id, day_start)
SELECT * FROM unnest(%s::integer[], %s::timestamptz[])
"""
_CLAIM_MONTHS: Final = """
DELETE FROM dirty_months WHERE dirty_month_id IN (
  SELECT dirty_month_id FROM dirty_months
  WHERE EXISTS (
    SELECT 1 FROM dirty_months WHERE marked_at <= clock_timestamp() - make_interval(secs => %s)
  )
  ORDER BY dirty_month_id LIMIT 5000 FOR UPDATE SKIP LOCKED
) RETURNING station_id, day_start
"""


class StationSpan(NamedTuple):
    """A longer period at a station, and how many parts it can have."""

    station_id: int
    period: Period
    n_possible: int


@dataclass(slots=True)
class _Parts:
    """The stored averages within one longer period."""

    values: list[Decimal] = field(default_factory=list)
    uncorrected: list[Decimal] = field(default_factory=list)
    n_measured: int = 0
    tests: int = 0
    corrections: set[int] = field(default_factory=set)
    claims: set[ClaimClass] = field(default_factory=set)


def remake_days(
    connection: Connection, days: Sequence[StationDay], rules: RuleSet
) -> set[AverageKey]:
    """Make the daily averages again from the stored hours; returns those told otherwise now."""
    spans = [StationSpan(day.station_id, day.period, len(day.period.hours())) for day in days]
    return _remake(connection, AveragingPeriod.DAY, AveragingPeriod.HOUR, spans, rules)


def mark_months(connection: Connection, days: Collection[tuple[int, datetime]]) -> None:
    """Leave the months and years of these days (station, start) to be made."""
    if days:
        stations, starts = zip(*sorted(days), strict=True)
        connection.execute(_MARK_MONTHS, (list(stations), list(starts)))


def remake_dirty_months(connection: Connection, waited_s: float) -> set[int]:
    """Make months and years that have been marked so long; returns their stations."""
    with database_errors(), connection.transaction():
        join_work(connection)
        claimed = set(connection.execute(_CLAIM_MONTHS, (waited_s,)).fetchall())
        if not claimed:
            return set()
        lock_stations(connection, {station_id for station_id, _ in claimed})
        zones, rules = zones_of(connection), rules_in_force(connection)
        days = [(station_id, start) for station_id, start in claimed if station_id in zones]
        for kind, period_of in (
            (AveragingPeriod.MONTH, _month_of),
            (AveragingPeriod.YEAR, _year_of),
        ):
            spans = _spans(days, zones, period_of)
            _remake(connection, kind, AveragingPeriod.DAY, spans, rules)
    return {station_id for station_id, _ in claimed}


def _month_of(instant: datetime, zone: ZoneInfo) -> Period:
    return month_period(local_day_of(instant, zone), zone)


def _year_of(instant: datetime, zone: ZoneInfo) -> Period:
    return year_period(local_day_of(instant, zone).year, zone)


def _spans(
    days: Iterable[tuple[int, datetime]],
    zones: dict[int, ZoneInfo],
    period_of: Callable[[datetime, ZoneInfo], Period],
) -> list[StationSpan]:
    periods = {(station_id, period_of(start, zones[station_id])) for station_id, start in days}
    return [
        StationSpan(station_id, period, _n_days(period, zones[station_id]))
        for station_id, period in sorted(periods)
    ]


def _n_days(period: Period, zone: ZoneInfo) -> int:
    return len(days_between(local_day_of(period.start, zone), local_day_of(period.end, zone)))


def _remake(
    connection: Connection,
    kind: AveragingPeriod,
    part_kind: AveragingPeriod,
    spans: Sequence[StationSpan],
    rules: RuleSet,
) -> set[AverageKey]:
    if not spans:
        return set()
    by_start = {(span.station_id, span.period.start): span for span in spans}
    told = [
        _told(kind, by_start[station_id, start], pollutant, parts, rules)
        for (station_id, pollutant, start), parts in _load(connection, part_kind, spans).items()
    ]
    return tell(connection, kind, list(by_start), told, rules)


def _load(
    connection: Connection, part_kind: AveragingPeriod, spans: Sequence[StationSpan]
) -> dict[tuple[int, Pollutant, datetime], _Parts]:
    parameters = {
        "kind": str(part_kind),
        "pollutants": [str(pollutant) for pollutant in Pollutant],
        "stations": [span.station_id for span in spans],
        "starts": [span.period.start for span in spans],
        "ends": [span.period.end for span in spans],
    }
    found: defaultdict[tuple[int, Pollutant, datetime], _Parts] = defaultdict(_Parts)
    for station_id, pollutant, start, value, raw, claim, corrections, tests in connection.execute(
        _PARTS, parameters
    ):
        parts = found[station_id, Pollutant(pollutant), start]
        parts.n_measured += 1
        parts.tests |= tests & ~QcTest.NEIGHBOUR  # said of hours, and later than this
        if value is not None:
            parts.values.append(value)
            parts.claims.add(ClaimClass(claim))
            parts.corrections.update(corrections)
        if raw is not None:
            parts.uncorrected.append(raw)
    return dict(found)


def _told(
    kind: AveragingPeriod, span: StationSpan, pollutant: Pollutant, parts: _Parts, rules: RuleSet
) -> ToldAverage:
    return ToldAverage(
        AverageKey(span.station_id, pollutant, span.period.start),
        span.period,
        _average(kind, parts.values, parts.n_measured, span.n_possible, rules),
        _average(kind, parts.uncorrected, parts.n_measured, span.n_possible, rules).value,
        weakest(parts.claims),
        frozenset(parts.corrections),
        parts.tests,
    )


def _average(
    kind: AveragingPeriod,
    values: Sequence[Decimal],
    n_measured: int,
    n_possible: int,
    rules: RuleSet,
) -> Average:
    if kind is AveragingPeriod.DAY:
        return daily_average(values, n_measured, rules, n_possible)
    return long_average(values, n_measured, n_possible, rules)
