"""The annual mean to date against the same days of the year before.

This is the shape of the official air indicator of Saraburi: "annual mean PM10 lower than the year
before" (National Plan 2566-2570). Only complete daily means count, and only to yesterday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dust.averaging import Average, long_average
from dust.decimals import MEAN_STEP
from dust.periods import days_between
from dust.rounding import TENTHS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from dust.standards import RuleSet


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same days of two years.

    A side has a value where enough of its days are complete by the rule set; `difference`
    (this year less last year, µg/m³) and `percent` (of last year) only where both have one.
    """

    this_year: Average
    last_year: Average
    difference: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class YearToDate:
    """The mean of this year's complete days in [first, end), and two comparisons.

    `same_days` holds the calendar days that both years have against each other, so 29 February is
    left out; `matched_days` only those of them that are complete in both years, so that a season
    which one year did not measure cannot look like a change.
    """

    first: date
    end: date
    to_date: Average
    same_days: Comparison
    matched_days: Comparison


def year_to_date(
    daily_means: Mapping[date, Decimal], measured: Collection[date], today: date, rules: RuleSet
) -> YearToDate:
    """The figures from 1 January to yesterday.

    Args:
        daily_means: complete daily means of this and of last year by local day, µg/m³.
        measured: the local days on which anything was measured, complete or not.
        today: the local day that is running; it does not count.
        rules: says what share of the days must be complete.
    """
    days = days_between(date(today.year, 1, 1), today)
    pairs = [(day, before) for day in days if (before := year_before(day)) is not None]
    matched = [
        (day, before) for day, before in pairs if day in daily_means and before in daily_means
    ]

    def average(days: Sequence[date], n_possible: int) -> Average:
        means = [daily_means[day] for day in days if day in daily_means]
        # A complete day was measured, whatever the caller says.
        n_measured = sum(day in measured or day in daily_means for day in days)
        return long_average(means, n_measured, n_possible, rules)

    def comparison(chosen: Sequence[tuple[date, date]]) -> Comparison:
        n_possible = len(pairs)
        return compared(
            average([day for day, _ in chosen], n_possible),
            average([before for _, before in chosen], n_possible),
        )

    return YearToDate(
        date(today.year, 1, 1),
        today,
        average(days, len(days)),
        comparison(pairs),
        comparison(matched),
    )


def year_before(day: date) -> date | None:
    """The same calendar day a year before; None of 29 February, which that year does not have."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return None


def compared(this_year: Average, last_year: Average) -> Comparison:
    """Two means of the same days beside each other."""
    if this_year.value is None or last_year.value is None:
        return Comparison(this_year, last_year, None, None)
    difference = (this_year.value - last_year.value).quantize(MEAN_STEP)
    percent = TENTHS.of(100 * difference / last_year.value) if last_year.value > 0 else None
    return Comparison(this_year, last_year, difference, percent)
