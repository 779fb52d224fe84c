"""Means and their coverage."""

from __future__ import annotations

from decimal import Decimal

from dust.averaging import daily_average, hourly_average
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
