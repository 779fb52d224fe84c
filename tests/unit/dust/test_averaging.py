"""Means and their coverage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dust.averaging import daily_average, hourly_average, long_average, rolling_average
from dust.standards import default_rule_set

RULES = default_rule_set()


def test_an_hour_is_the_decimal_mean_of_its_counting_values() -> None:
    average = hourly_average([Decimal("0.1")] * 60, 60, 60, RULES)

    assert Decimal("0.1") == average.value == average.partial_mean
    assert average.is_complete
    assert (60, 60, 60) == (
        average.coverage.n_possible,
        average.coverage.n_measured,
        average.coverage.n_valid,
    )


def test_an_hour_without_values_has_no_mean_of_any_kind() -> None:
    average = hourly_average([], 0, 60, RULES)

    assert average.value is None
    assert average.partial_mean is None
    assert not average.is_complete


def test_an_incomplete_hour_keeps_its_partial_mean_but_has_no_value() -> None:
    average = hourly_average([Decimal(10), Decimal(20)], 2, 60, RULES)

    assert average.value is None
    assert Decimal(15) == average.partial_mean


def test_an_hour_of_which_exactly_45_of_60_count_is_valid_whatever_else_was_measured() -> None:
    for n_measured in range(45, 61):
        average = hourly_average([Decimal(1)] * 45, n_measured, 60, RULES)
        assert average.is_complete, n_measured


def test_an_hour_of_one_reading_stands_for_itself() -> None:
    average = hourly_average([Decimal(74)], 1, 3600, RULES)

    assert Decimal(74) == average.value


def test_an_interval_longer_than_the_hour_still_expects_one_reading() -> None:
    assert 1 == hourly_average([Decimal(74)], 1, 9000, RULES).coverage.n_possible


def test_an_hour_of_a_reading_a_second_expects_3600() -> None:
    assert 3600 == hourly_average([Decimal(74)], 1, 1, RULES).coverage.n_possible


def test_a_day_is_the_mean_of_its_hours_and_not_of_their_readings() -> None:
    hours = [Decimal(10)] * 17 + [Decimal(100)]

    average = daily_average(hours, 20, RULES)

    assert Decimal(15) == average.value
    assert (24, 20, 18) == (
        average.coverage.n_possible,
        average.coverage.n_measured,
        average.coverage.n_valid,
    )


def test_a_day_of_17_valid_hours_has_no_value() -> None:
    average = daily_average([Decimal(10)] * 17, 24, RULES)

    assert average.value is None
    assert Decimal(10) == average.partial_mean


def test_an_empty_day_has_no_mean_of_any_kind() -> None:
    average = daily_average([], 0, RULES)

    assert average.value is None
    assert average.partial_mean is None


@pytest.mark.parametrize(("n_valid", "is_complete"), [(18, True), (17, False)])
def test_a_rolling_day_needs_as_many_hours_as_a_local_one(
    n_valid: int, *, is_complete: bool
) -> None:
    average = rolling_average([Decimal(30)] * n_valid, 24, RULES)

    assert is_complete == average.is_complete
    assert (24, n_valid) == (average.coverage.n_possible, average.coverage.n_valid)
    assert Decimal(30) == average.partial_mean


@pytest.mark.parametrize(
    ("n_complete", "n_possible", "is_complete"),
    [
        (24, 31, True),  # 75 % of 31 days are 23.25
        (23, 31, False),
        (21, 28, True),  # exactly 75 %
        (20, 28, False),
        (274, 365, True),
        (273, 365, False),
        (275, 366, True),
        (274, 366, False),
    ],
)
def test_a_month_and_a_year_need_75_percent_of_their_days(
    n_complete: int, n_possible: int, *, is_complete: bool
) -> None:
    average = long_average([Decimal(50)] * n_complete, n_complete, n_possible, RULES)

    assert is_complete == average.is_complete
    assert (Decimal(50) if is_complete else None) == average.value
    assert Decimal(50) == average.partial_mean


def test_days_that_are_not_complete_are_measured_but_not_averaged() -> None:
    average = long_average([Decimal(10), Decimal(20)] * 12, 30, 31, RULES)

    assert Decimal(15) == average.value
    assert (31, 30, 24) == (
        average.coverage.n_possible,
        average.coverage.n_measured,
        average.coverage.n_valid,
    )


def test_a_month_of_nothing_has_no_mean_of_any_kind() -> None:
    average = long_average([], 0, 30, RULES)

    assert (None, None) == (average.value, average.partial_mean)
