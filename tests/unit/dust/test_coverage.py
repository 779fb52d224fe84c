"""The three ratios."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dust.coverage import Coverage

THREE_QUARTERS = Decimal("0.75")


def test_a_quiet_sensor_and_a_bad_one_are_told_apart() -> None:
    quiet, bad = Coverage(60, 30, 30), Coverage(60, 60, 30)

    assert [Decimal("0.5"), Decimal(1)] == [quiet.time_coverage, quiet.data_capture]
    assert [Decimal(1), Decimal("0.5")] == [bad.time_coverage, bad.data_capture]
    assert Decimal("0.5") == quiet.data_coverage == bad.data_coverage


def test_nothing_measured_is_zero_in_all_three() -> None:
    nothing = Coverage(60, 0, 0)

    assert [Decimal(0)] * 3 == [
        nothing.time_coverage,
        nothing.data_capture,
        nothing.data_coverage,
    ]
    assert not nothing.reaches(THREE_QUARTERS)


def test_a_period_in_which_nothing_is_possible_reaches_nothing() -> None:
    nothing = Coverage(0, 0, 0)

    assert 0 == nothing.data_coverage
    assert not nothing.reaches(THREE_QUARTERS)


def test_more_readings_than_expected_are_no_more_than_the_whole_period() -> None:
    doubled = Coverage(60, 120, 120)

    assert 1 == doubled.time_coverage
    assert 1 == doubled.data_coverage


@pytest.mark.parametrize("n_possible", [4, 12, 60, 120, 240])
def test_exactly_the_share_asked_for_is_enough_and_one_less_is_not(n_possible: int) -> None:
    enough = n_possible * 3 // 4

    for n_measured in range(enough, n_possible + 1):
        assert Coverage(n_possible, n_measured, enough).reaches(THREE_QUARTERS)
        assert not Coverage(n_possible, n_measured, enough - 1).reaches(THREE_QUARTERS)
