"""Hourly and daily averages in the database: what was touched is made again, nothing else.

Hours come from readings (the SQL fetches, `dust.averaging` decides); days come from stored hours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dust.averaging import Average, daily_average, hourly_average
from dust.claims import ClaimClass, claims_table, weakest
from dust.decimals import exact
from dust.periods import HOUR, AveragingPeriod, Period, day_period, local_day_of
from dust.pollutants import Pollutant
from dust.quality import counts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from psycopg import Connection

    from dust.standards import RuleSet

_READINGS: Final = """
SELECT h.station_id, h.hour_start, s.model, s.sampling_interval_s, d.reports,
  r.pm1, r.pm25, r.pm10, r.tsp, r.qc_pm1, r.qc_pm25, r.qc_pm10, r.qc_tsp
FROM unnest(%(stations)s::integer[], %(hours)s::timestamptz[]) AS h (station_id, hour_start)
JOIN deployments d ON d.station_id = h.station_id
  AND d.deployed_from < h.hour_start + interval '1 hour'
  AND (d.deployed_to IS NULL OR d.deployed_to > h.hour_start)
JOIN sensors s ON s.sensor_id = d.sensor_id
JOIN readings r ON r.sensor_id = d.sensor_id
  AND r.phenomenon_time >= greatest(h.hour_start, d.deployed_from)
  AND r.phenomenon_time < least(h.hour_start + interval '1 hour', d.deployed_to)
  AND r.phenomenon_time >= %(from)s AND r.phenomenon_time < %(to)s
"""
_HOURS_OF_DAYS: Final = """
SELECT a.station_id, a.pollutant, w.day_start, a.period_start, a.value, a.claim_class
FROM unnest(%(stations)s::integer[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
  AS w (station_id, day_start, day_end)
JOIN averages a ON a.station_id = w.station_id AND a.period_kind = 'hour'
  AND a.period_start >= w.day_start AND a.period_start < w.day_end
"""
_UPSERT: Final = """
INSERT INTO averages AS known (
  station_id, pollutant, period_kind, period_start, period_end, value, uncorrected_value,
  partial_mean, n_valid, n_measured, n_possible, time_coverage, data_capture, data_coverage,
  claim_class, rule_set
)
VALUES (
  %(station_id)s, %(pollutant)s, %(period_kind)s, %(start)s, %(end)s, %(value)s, %(value)s,
  %(partial_mean)s, %(n_valid)s, %(n_measured)s, %(n_possible)s, %(time_coverage)s,
  %(data_capture)s, %(data_coverage)s, %(claim_class)s, %(rule_set)s
)
ON CONFLICT (station_id, pollutant, period_kind, period_start) DO UPDATE SET
  period_end = excluded.period_end, value = excluded.value,
  uncorrected_value = excluded.uncorrected_value, partial_mean = excluded.partial_mean,
  n_valid = excluded.n_valid, n_measured = excluded.n_measured, n_possible = excluded.n_possible,
  time_coverage = excluded.time_coverage, data_capture = excluded.data_capture,
  data_coverage = excluded.data_coverage, claim_class = excluded.claim_class,
  rule_set = excluded.rule_set, revision = known.revision + 1, computed_at = now()
WHERE (known.value, known.partial_mean, known.n_valid, known.n_measured, known.n_possible,
       known.claim_class, known.rule_set)
  IS DISTINCT FROM
      (excluded.value, excluded.partial_mean, excluded.n_valid, excluded.n_measured,
       excluded.n_possible, excluded.claim_class, excluded.rule_set)
"""


class StationHour(NamedTuple):
    """An hour at a station."""

    station_id: int
    hour_start: datetime


class StationDay(NamedTuple):
    """A local calendar day at a station."""

    station_id: int
    local_day: date
    period: Period


@dataclass(slots=True)
class _Samples:
    """The values of one pollutant in one hour."""

    valid: list[Decimal] = field(default_factory=list)
    n_measured: int = 0
    interval_sum_s: float = 0
    claims: set[ClaimClass] = field(default_factory=set)


def recompute_hours(connection: Connection, hours: Iterable[StationHour], rules: RuleSet) -> None:
    """Make the hourly averages of these station hours again."""
    wanted = sorted(set(hours))
    if not wanted:
        return
    starts = [hour.hour_start for hour in wanted]
    rows = connection.execute(
        _READINGS,
        {
            "stations": [hour.station_id for hour in wanted],
            "hours": starts,
            "from": min(starts),
            "to": max(starts) + HOUR,
        },
    )
    samples: defaultdict[tuple[StationHour, Pollutant], _Samples] = defaultdict(_Samples)
    for row in rows:
        _collect(samples, row)
    _store(connection, [_hour_row(key, found, rules) for key, found in samples.items()])


def days_of(connection: Connection, hours: Iterable[StationHour]) -> list[StationDay]:
    """The local days that these station hours belong to."""
    zones = {
        station_id: ZoneInfo(name)
        for station_id, name in connection.execute("SELECT station_id, time_zone FROM stations")
    }
    days = {
        (hour.station_id, local_day_of(hour.hour_start, zones[hour.station_id])) for hour in hours
    }
    return [
        StationDay(station, day, day_period(day, zones[station])) for station, day in sorted(days)
    ]


def recompute_days(connection: Connection, days: list[StationDay], rules: RuleSet) -> None:
    """Make the daily averages of these station days again, from the stored hours."""
    periods = {(day.station_id, day.period.start): day.period for day in days}
    _store(
        connection,
        [
            _row(
                station_id,
                pollutant,
                AveragingPeriod.DAY,
                periods[station_id, day_start],
                daily_average(
                    found.valid,
                    found.n_measured,
                    rules,
                    len(periods[station_id, day_start].hours()),
                ),
                found.claims,
                rules,
            )
            for (station_id, pollutant, day_start), found in _hours_of(connection, days).items()
        ],
    )


def _hours_of(
    connection: Connection, days: list[StationDay]
) -> dict[tuple[int, Pollutant, datetime], _Samples]:
    parameters = {
        "stations": [day.station_id for day in days],
        "starts": [day.period.start for day in days],
        "ends": [day.period.end for day in days],
    }
    found: defaultdict[tuple[int, Pollutant, datetime], _Samples] = defaultdict(_Samples)
    for station_id, pollutant, day_start, _, value, claim in connection.execute(
        _HOURS_OF_DAYS, parameters
    ):
        samples = found[station_id, Pollutant(pollutant), day_start]
        samples.n_measured += 1
        if value is not None:
            samples.valid.append(value)
            samples.claims.add(ClaimClass(claim))
    return found


def _collect(
    samples: defaultdict[tuple[StationHour, Pollutant], _Samples], row: tuple[Any, ...]
) -> None:
    station_id, hour_start, model_id, interval_s, reports = row[:5]
    model = claims_table().models[model_id]
    for pollutant, value, flag in zip(Pollutant, row[5:9], row[9:13], strict=True):
        if value is None or pollutant not in reports:
            continue
        found = samples[StationHour(station_id, hour_start), pollutant]
        found.n_measured += 1
        found.interval_sum_s += interval_s
        found.claims.add(model.claim_of(pollutant))
        if counts(flag):
            found.valid.append(exact(value))


def _hour_row(
    key: tuple[StationHour, Pollutant], found: _Samples, rules: RuleSet
) -> dict[str, Any]:
    hour, pollutant = key
    interval_s = found.interval_sum_s / found.n_measured
    average = hourly_average(found.valid, found.n_measured, interval_s, rules)
    period = Period(hour.hour_start, hour.hour_start + HOUR)
    return _row(
        hour.station_id, pollutant, AveragingPeriod.HOUR, period, average, found.claims, rules
    )


def _row(  # noqa: PLR0913, PLR0917  (one argument a column group)
    station_id: int,
    pollutant: Pollutant,
    kind: AveragingPeriod,
    period: Period,
    average: Average,
    claims: set[ClaimClass],
    rules: RuleSet,
) -> dict[str, Any]:
    coverage = average.coverage
    return {
        "station_id": station_id,
        "pollutant": str(pollutant),
        "period_kind": str(kind),
        "start": period.start,
        "end": period.end,
        "value": average.value,
        "partial_mean": average.partial_mean,
        "n_valid": coverage.n_valid,
        "n_measured": coverage.n_measured,
        "n_possible": coverage.n_possible,
        "time_coverage": round(coverage.time_coverage, 6),
        "data_capture": round(coverage.data_capture, 6),
        "data_coverage": round(coverage.data_coverage, 6),
        "claim_class": str(weakest(claims)),
        "rule_set": rules.id,
    }


def _store(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT, rows)
