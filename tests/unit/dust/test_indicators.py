"""What people are told from the numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dust.claims import ClaimClass, Judgement
from dust.indicators.today import (
    FRESH_S,
    DaySoFar,
    DayState,
    Trend,
    day_outlook,
    day_so_far,
    trend_of,
)
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


# --- What the rest of the day may bring -----------------------------------------------------------
def hours_of(*levels: str) -> list[Decimal | None]:
    return [None if level == "-" else Decimal(level) for level in levels]


@pytest.mark.parametrize(
    ("hours", "headroom"),
    [
        ([], "37.5"),
        (["37.5"] * 12, "37.5"),
        (["30"] * 12, "45"),
        (["50"] * 12, "25"),
        (["100"] * 12, "0"),
        (
            ["-"] * 6 + ["30"] * 6,
            "41.25",
        ),  # a day of 18 hours: those that are missing weigh nothing
        (["10"] * 24, None),
    ],
)
def test_the_headroom_is_what_the_hours_to_come_may_have(
    hours: list[str], headroom: str | None
) -> None:
    outlook = day_outlook(hours_of(*hours), PM25)

    assert (None if headroom is None else Decimal(headroom)) == outlook.headroom


def test_a_rest_of_the_day_at_its_headroom_just_does_not_exceed() -> None:
    so_far = hours_of(*["50", "41.3", "12.9", "60", "33.3"])
    headroom = day_outlook(so_far, PM25).headroom
    assert headroom is not None

    at_it = [hour for hour in so_far if hour is not None] + [headroom] * 19
    above = [*at_it[:5], *[headroom + Decimal("0.1")] * 19]

    assert DayState.BELOW == day_so_far(at_it, PM25, ClaimClass.REFERENCE).state
    assert DayState.BELOW != day_so_far(above, PM25, ClaimClass.REFERENCE).state


@pytest.mark.parametrize(
    ("hours", "projected"),
    [
        ([], None),
        (["12"], "12"),
        (["0"] * 9 + ["24"] * 3, "15"),
        (["10", "20", "30", "-", "-", "-"], None),
        (["10"] * 21 + ["-", "-", "34"], "11.090909"),
    ],
)
def test_the_projected_mean_takes_the_hours_to_come_like_the_last_three(
    hours: list[str], projected: str | None
) -> None:
    outlook = day_outlook(hours_of(*hours), PM25)

    assert (None if projected is None else Decimal(projected)) == outlook.projected


@pytest.mark.parametrize(
    ("hours", "after"),
    [
        (["900"], None),
        (["901.2"], 1),
        (["-", "901.2", "0"], 2),
        (["100"] * 10, 10),
        (["100"] * 24, 10),
        (["37.5"] * 24, None),
        (["37.6"] * 24, 24),
    ],
)
def test_an_exceedance_is_certain_from_the_hour_on_that_no_zero_can_mend(
    hours: list[str], after: int | None
) -> None:
    assert after == day_outlook(hours_of(*hours), PM25).certain_after_h


def test_without_a_limit_value_there_is_only_a_projection() -> None:
    outlook = day_outlook(hours_of("10", "20"), None)

    assert (None, Decimal(15), None) == (
        outlook.headroom,
        outlook.projected,
        outlook.certain_after_h,
    )
