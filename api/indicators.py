"""The indicators of one station and pollutant: days over, the year to date, and data health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.answers import Answer, limit_answer, number, utc
from api.data_health import health_answer
from api.queries.averages import fetch_averages
from api.queries.exceedances import fetch_days_over
from api.queries.stations import fetch_network
from api.rules import rules_of
from dust.claims import ClaimClass, Judgement, judgement_of, weakest
from dust.exceedance import exceeds
from dust.indicators.counts import DaysOver, days_over
from dust.indicators.years import YearToDate, year_before, year_to_date
from dust.periods import AveragingPeriod, Period, day_period, local_day_of
from dust.pollutants import UGM3
from dust.standards import LimitPeriod, limit_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.queries.database import Database, Row
    from dust.averaging import Average
    from dust.indicators.years import Comparison
    from dust.pollutants import Pollutant
    from dust.standards import LimitValue, RuleSet


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of this and of last year up to yesterday, by local day."""

    zone: ZoneInfo
    today: date
    rules: RuleSet
    rows: Mapping[date, Row]
    over: Mapping[date, ClaimClass]

    def complete(self) -> dict[date, Row]:
        return {day: row for day, row in self.rows.items() if row["value"] is not None}

    def claims(self) -> dict[date, ClaimClass]:
        return {day: ClaimClass(row["claim_class"]) for day, row in self.complete().items()}

    def ends(self, first: date, end: date) -> Answer:
        """Both ends of a span of local days, as instants and as days."""
        return {
            "period_start": utc(day_period(first, self.zone).start),
            "period_end": utc(day_period(end, self.zone).start),
            "first_local_day": first.isoformat(),
            "end_local_day": end.isoformat(),
        }

    def claim_in(self, first: date, end: date) -> ClaimClass | None:
        """The class of the weakest complete day of a span; None where there is none."""
        told = [claim for day, claim in self.claims().items() if first <= day < end]
        return weakest(told) if told else None


async def indicators_answer(
    database: Database, station: Row, pollutant: Pollutant, now: datetime
) -> Answer:
    """Everything that is told of one pollutant at one station at the instant `now`."""
    rules = rules_of(await fetch_network(database))
    days = await _days(database, station, pollutant, now, rules)
    return {
        "generated_at": utc(now),
        "station": station["code"],
        "pollutant": str(pollutant),
        "unit": UGM3,
        "rule_set": rules.id,
        "days_over": _days_over_answers(days, pollutant),
        "year_to_date": _year_answer(days, pollutant),
        "health": await health_answer(database, station, pollutant, now),
    }


async def _days(
    database: Database, station: Row, pollutant: Pollutant, now: datetime, rules: RuleSet
) -> _Days:
    station_id, zone = station["station_id"], ZoneInfo(station["time_zone"])
    today = local_day_of(now, zone)
    first = date(today.year - 1, 1, 1)
    span = Period(day_period(first, zone).start, day_period(today, zone).start)
    rows = await fetch_averages(database, station_id, pollutant, AveragingPeriod.DAY, span)
    entries = await fetch_days_over(database, station_id, pollutant, first, today)
    over: dict[date, ClaimClass] = {}
    for entry in entries:
        day, claim = entry["local_day"], ClaimClass(entry["claim_class"])
        over[day] = weakest([claim, over.get(day, claim)])
    by_day = {local_day_of(row["period_start"], zone): row for row in rows}
    return _Days(zone, today, rules, by_day, over)


def _days_over_answers(days: _Days, pollutant: Pollutant) -> Answer:
    """The running month and year up to yesterday; the day that runs is not counted yet."""
    limit = limit_in_force(pollutant, LimitPeriod.DAY, days.today)
    first_of_month, first_of_year = days.today.replace(day=1), days.today.replace(month=1, day=1)
    claims = days.claims()
    permitted = limit.permitted_exceedances if limit else None
    month = days_over((first_of_month, days.today), claims, days.over)
    year = days_over((first_of_year, days.today), claims, days.over, permitted)
    return {
        "limit": limit_answer(limit) if limit else None,
        "month": _count_answer(days, month, None),
        "year": _count_answer(days, year, permitted),
    }


def _count_answer(days: _Days, counted: DaysOver, permitted: int | None) -> Answer:
    claim = counted.claim
    return days.ends(counted.first, counted.end) | {
        "n_over": counted.n_over,
        "n_monitored": counted.n_monitored,
        "n_valid": counted.n_complete,
        "n_possible": counted.n_possible,
        "percent": number(counted.percent),
        "unit": "d",
        "longest_run": counted.longest_run,
        "n_permitted": permitted,
        "is_beyond_permitted": counted.is_beyond,
        "claim_class": None if claim is None else str(claim),
        "judgement": None if claim is None else str(judgement_of(claim)),
        "rule_set": days.rules.id,
    }


def _year_answer(days: _Days, pollutant: Pollutant) -> Answer:
    means = {day: row["value"] for day, row in days.complete().items()}
    found = year_to_date(means, set(days.rows), days.today, days.rules)
    limit = limit_in_force(pollutant, LimitPeriod.YEAR, days.today)
    return {
        "to_date": _side_answer(days, found.to_date, found.first, found.end)
        | {
            "limit": limit_answer(limit) if limit else None,
            "is_above_so_far": _is_above(days, found, limit),
        },
        "same_days": _comparison_answer(days, found, found.same_days),
        "matched_days": _comparison_answer(days, found, found.matched_days),
    }


def _is_above(days: _Days, found: YearToDate, limit: LimitValue | None) -> bool | None:
    """Whether the mean to date is above the annual level; None where that may not be said."""
    claim = days.claim_in(found.first, found.end)
    if limit is None or found.to_date.value is None or claim is None:
        return None
    if judgement_of(claim) is Judgement.NOT_JUDGED:
        return None
    return exceeds(limit, found.to_date.value)


def _comparison_answer(days: _Days, found: YearToDate, comparison: Comparison) -> Answer:
    last_first = date(found.first.year - 1, 1, 1)
    # On 29 February last year's days end with the 28th, too.
    last_end = year_before(found.end) or date(found.end.year - 1, 3, 1)
    return {
        "this_year": _side_answer(days, comparison.this_year, found.first, found.end),
        "last_year": _side_answer(days, comparison.last_year, last_first, last_end),
        "difference": number(comparison.difference),
        "unit": UGM3,
        "percent": number(comparison.percent),
    }


def _side_answer(days: _Days, average: Average, first: date, end: date) -> Answer:
    claim = days.claim_in(first, end)
    return days.ends(first, end) | {
        "value": number(average.value),
        "partial_mean": number(average.partial_mean),
        "unit": UGM3,
        "n_valid": average.coverage.n_valid,
        "n_possible": average.coverage.n_possible,
        "is_complete": average.is_complete,
        "claim_class": None if claim is None else str(claim),
        "rule_set": days.rules.id,
    }
