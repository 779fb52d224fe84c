"""Means with their coverage: hour from readings, day from valid hours, month and year from days.

The daily mean is the mean of the valid hourly means of the local day, not of its readings; months
and years are means of complete daily means (docs/domain-rules.md, section 3). What decides is
decimal and does not depend on arrival order.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dust.coverage import Coverage
from dust.decimals import mean, mean_of_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.standards import RuleSet

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Average:
    """A mean over one period, µg/m³, or None where the rule set calls the period incomplete."""

    value: Decimal | None
    partial_mean: Decimal | None
    coverage: Coverage

    @property
    def is_complete(self) -> bool:
        return self.value is not None


def hourly_average(
    valid_values: Sequence[Decimal], n_measured: int, sampling_interval_s: float, rules: RuleSet
) -> Average:
    """The mean of an hour's counting values.

    Args:
        valid_values: the values that count, µg/m³.
        n_measured: how many values there were, counting or not.
        sampling_interval_s: the time that one reading stands for.
        rules: says what share of the hour must be covered.
    """
    total = sum(valid_values, Decimal(0))
    return hourly_average_of_sum(total, len(valid_values), n_measured, sampling_interval_s, rules)


def hourly_average_of_sum(
    total: Decimal, n_valid: int, n_measured: int, sampling_interval_s: float, rules: RuleSet
) -> Average:
    """The same from the exact sum of the `n_valid` counting values."""
    n_possible = max(1, round(SECONDS_PER_HOUR / sampling_interval_s))
    coverage = Coverage(n_possible, n_measured, n_valid)
    partial = mean_of_sum(total, n_valid) if n_valid else None
    complete = partial is not None and coverage.reaches(rules.hour_min_coverage)
    return Average(partial if complete else None, partial, coverage)


def daily_average(
    valid_hours: Sequence[Decimal], n_measured: int, rules: RuleSet, n_possible: int = 24
) -> Average:
    """The mean of a local day's valid hourly means; complete with `rules.day_min_hours` of them."""
    partial = mean(valid_hours) if valid_hours else None
    complete = len(valid_hours) >= rules.day_min_hours
    coverage = Coverage(n_possible, n_measured, len(valid_hours))
    return Average(partial if complete else None, partial, coverage)


def rolling_average(
    valid_hours: Sequence[Decimal], n_measured: int, rules: RuleSet, n_possible: int = 24
) -> Average:
    """The mean of the last whole hours; complete with as many valid ones as a day needs."""
    return daily_average(valid_hours, n_measured, rules, n_possible)


def long_average(
    daily_means: Sequence[Decimal], n_measured: int, n_possible: int, rules: RuleSet
) -> Average:
    """The mean of the complete daily means of a month or a year.

    Args:
        daily_means: the means of its complete days, µg/m³.
        n_measured: how many of its days were measured at all, complete or not.
        n_possible: how many days it has.
        rules: says what share of the days must be complete.
    """
    coverage = Coverage(n_possible, n_measured, len(daily_means))
    partial = mean(daily_means) if daily_means else None
    complete = partial is not None and coverage.reaches(rules.long_min_coverage)
    return Average(partial if complete else None, partial, coverage)
