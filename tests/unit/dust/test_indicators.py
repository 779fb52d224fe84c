"""What people are told from the numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dust.claims import ClaimClass, Judgement
from dust.indicators import FRESH_S, DaySoFar, DayState, Trend, day_so_far, trend_of
from dust.standards import LimitValue, limit_values

PM25: LimitValue = next(limit for limit in limit_values() if limit.id == "th-pm25-24h-2023")


@pytest.mark.parametrize(
    ("newest", "trend"),
    [
        ("115", Trend.STEADY),
        ("115.1", Trend.RISING),
        ("85", Trend.STEADY),
        ("84.9", Trend.FALLING),
        ("100", Trend.STEADY),
    ],
)
def test_a_trend_is_15_percent_away_from_the_last_hour(newest: str, trend: Trend) -> None:
    assert trend == trend_of(Decimal(newest), Decimal(100))


@pytest.mark.parametrize(
    ("newest", "trend"), [("5", Trend.STEADY), ("5.1", Trend.RISING), ("0", Trend.STEADY)]
)
def test_in_clean_air_a_trend_needs_3_ugm3(newest: str, trend: Trend) -> None:
    assert trend == trend_of(Decimal(newest), Decimal(2))


def test_a_value_is_called_now_for_ten_minutes() -> None:
    assert 600 == FRESH_S


def test_without_a_last_hour_there_is_no_trend() -> None:
    assert trend_of(Decimal(5), None) is None


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        ([], DayState.UNKNOWN),
        ([37], DayState.BELOW),
        ([38], DayState.ABOVE_SO_FAR),
        ([200] * 4, DayState.ABOVE_SO_FAR),
        ([200] * 5, DayState.EXCEEDED_FOR_CERTAIN),
    ],
)
def test_the_day_so_far_stands_below_above_or_exceeded_for_certain(
    hours: list[int], state: DayState
) -> None:
    so_far = day_so_far([Decimal(hour) for hour in hours], PM25, ClaimClass.SCREENING)

    assert state == so_far.state
    assert len(hours) == so_far.n_valid
    assert Judgement.SIGNAL == so_far.judgement


def test_what_may_not_be_claimed_has_a_mean_and_no_state() -> None:
    so_far = day_so_far([Decimal(900)], PM25, ClaimClass.NOT_CLAIMABLE)

    assert DaySoFar(Decimal(900), 1, DayState.UNKNOWN, Judgement.NOT_JUDGED) == so_far


def test_without_a_limit_there_is_a_mean_and_no_state() -> None:
    so_far = day_so_far([Decimal(10), Decimal(20)], None, ClaimClass.REFERENCE)

    assert DaySoFar(Decimal(15), 2, DayState.UNKNOWN, Judgement.EXCEEDANCE) == so_far
