"""The annual mean to date against last year's same days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dust.averaging import Average
from dust.coverage import Coverage
from dust.indicators.years import compared, year_before, year_to_date
from dust.periods import days_between
from dust.standards import default_rule_set

RULES = default_rule_set()
TODAY = date(2026, 3, 1)  # 59 days of this year are over


def filled(first: date, end: date, level: str) -> dict[date, Decimal]:
    return dict.fromkeys(days_between(first, end), Decimal(level))


def both_years(this: str, last: str, today: date = TODAY) -> dict[date, Decimal]:
    end = year_before(today) or date(today.year - 1, 3, 1)
    last_year = filled(date(today.year - 1, 1, 1), end, last)
    return last_year | filled(date(today.year, 1, 1), today, this)


def test_less_dust_than_last_year_is_a_negative_difference() -> None:
    found = year_to_date(both_years("92", "98.6"), (), TODAY, RULES)

    assert (Decimal(92), Decimal("98.6")) == (
        found.same_days.this_year.value,
        found.same_days.last_year.value,
    )
    assert (Decimal("-6.6"), Decimal("-6.7")) == (
        found.same_days.difference,
        found.same_days.percent,
    )
    assert found.same_days == found.matched_days
    assert Coverage(59, 59, 59) == found.to_date.coverage


def test_the_day_that_runs_does_not_count() -> None:
    means = both_years("50", "50") | {TODAY: Decimal(900), date(2025, 3, 1): Decimal(900)}

    found = year_to_date(means, (), TODAY, RULES)

    assert Decimal(50) == found.to_date.value == found.same_days.last_year.value


def test_on_new_years_day_there_is_nothing_to_tell() -> None:
    found = year_to_date(
        filled(date(2025, 1, 1), date(2026, 1, 1), "50"), (), date(2026, 1, 1), RULES
    )

    assert Coverage(0, 0, 0) == found.to_date.coverage
    assert (None, None) == (found.to_date.value, found.same_days.difference)


def test_nothing_is_compared_where_last_year_was_not_measured() -> None:
    found = year_to_date(filled(date(2026, 1, 1), TODAY, "50"), (), TODAY, RULES)

    assert Decimal(50) == found.same_days.this_year.value
    for comparison in (found.same_days, found.matched_days):
        assert comparison.last_year.value is None
        assert (None, None) == (comparison.difference, comparison.percent)
    assert 0 == found.matched_days.this_year.coverage.n_valid


@pytest.mark.parametrize(("n_missing", "is_compared"), [(14, True), (15, False)])
def test_a_year_with_too_few_days_has_no_mean_and_is_not_compared(
    n_missing: int, *, is_compared: bool
) -> None:
    """Of 59 days 75 % are 44.25, so 45 are enough."""
    means = both_years("50", "40")
    for day in days_between(date(2025, 1, 1), TODAY)[:n_missing]:
        del means[day]

    found = year_to_date(means, (), TODAY, RULES)

    assert is_compared == (found.same_days.difference is not None)
    assert is_compared == (found.matched_days.difference is not None)
    assert Decimal(40) == found.same_days.last_year.partial_mean


def test_matched_days_forget_the_season_that_one_year_did_not_measure() -> None:
    """Last year lacks ten days of January, in which this year was very dusty."""
    means = both_years("50", "50")
    for day in days_between(date(2026, 1, 1), date(2026, 1, 11)):
        means[day] = Decimal(200)
        del means[day.replace(year=2025)]

    found = year_to_date(means, (), TODAY, RULES)

    assert found.same_days.difference is not None
    assert found.same_days.difference > 0
    assert (Decimal(0), Decimal(0)) == (found.matched_days.difference, found.matched_days.percent)
    assert 49 == found.matched_days.this_year.coverage.n_valid


def test_29_february_is_in_the_mean_to_date_but_in_no_comparison() -> None:
    today = date(2024, 3, 1)
    means = both_years("10", "10", today) | {date(2024, 2, 29): Decimal(610)}

    found = year_to_date(means, (), today, RULES)

    assert Decimal(20) == found.to_date.value
    assert (60, 59) == (
        found.to_date.coverage.n_possible,
        found.same_days.this_year.coverage.n_possible,
    )
    assert Decimal(0) == found.same_days.difference


def test_29_february_of_last_year_is_left_out_too() -> None:
    today = date(2025, 3, 2)
    means = both_years("10", "10", today) | {date(2024, 2, 29): Decimal(610)}

    found = year_to_date(means, (), today, RULES)

    assert Decimal(10) == found.same_days.last_year.value
    assert 60 == found.same_days.last_year.coverage.n_possible


def test_a_day_that_was_measured_but_is_not_complete_shows_in_the_coverage() -> None:
    measured = days_between(date(2026, 1, 1), TODAY)

    found = year_to_date(filled(date(2026, 1, 1), date(2026, 2, 20), "10"), measured, TODAY, RULES)

    assert Coverage(59, 59, 50) == found.to_date.coverage


def test_no_percent_is_made_of_nothing() -> None:
    whole = Coverage(10, 10, 10)
    some, none = (Average(Decimal(level), Decimal(level), whole) for level in (5, 0))

    assert (Decimal(5), None) == (compared(some, none).difference, compared(some, none).percent)
