"""Days over the limit value among the days monitored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dust.claims import ClaimClass
from dust.indicators.counts import DaysOver, days_over, longest_run, percent_of

FIRST = date(2026, 11, 1)
SPAN = (FIRST, date(2026, 12, 1))


def november(*numbers: int, claim: ClaimClass = ClaimClass.REFERENCE) -> dict[date, ClaimClass]:
    return {FIRST + timedelta(days=number - 1): claim for number in numbers}


def test_days_over_are_counted_among_the_days_monitored() -> None:
    complete = november(*range(1, 23))
    over = november(3, 4, 5, 20)

    assert DaysOver(
        first=FIRST,
        end=date(2026, 12, 1),
        n_over=4,
        n_monitored=22,
        n_complete=22,
        percent=Decimal("18.2"),
        longest_run=3,
        claim=ClaimClass.REFERENCE,
        is_beyond=None,
    ) == days_over(SPAN, complete, over)


def test_the_official_line_of_2016_comes_out_as_it_was_published() -> None:
    """107 of 326 days measured are 32.8 %, and 125 of 328 are 38.1 %."""
    assert Decimal("32.8") == percent_of(107, 326)
    assert Decimal("38.1") == percent_of(125, 328)


def test_without_a_monitored_day_there_is_no_percent_and_no_class() -> None:
    counted = days_over(SPAN, {}, {})

    assert (0, 0, None, 0, None) == (
        counted.n_over,
        counted.n_monitored,
        counted.percent,
        counted.longest_run,
        counted.claim,
    )
    assert 30 == counted.n_possible


def test_an_incomplete_day_that_is_over_for_certain_is_monitored_too() -> None:
    counted = days_over(SPAN, november(1, 2), november(2, 3))

    assert (2, 3, 2) == (counted.n_over, counted.n_monitored, counted.n_complete)


def test_days_that_may_not_be_judged_are_not_monitored() -> None:
    blind = november(*range(1, 31), claim=ClaimClass.NOT_CLAIMABLE)

    counted = days_over(SPAN, blind, {})

    assert (0, 0, None) == (counted.n_over, counted.n_monitored, counted.percent)


def test_days_outside_the_span_are_not_looked_at() -> None:
    outside = {date(2026, 10, 31): ClaimClass.REFERENCE, date(2026, 12, 1): ClaimClass.REFERENCE}

    assert 0 == days_over(SPAN, outside, outside).n_monitored


def test_a_count_is_as_good_as_its_weakest_day() -> None:
    complete = november(1, 2) | november(3, claim=ClaimClass.SCREENING)

    assert ClaimClass.SCREENING == days_over(SPAN, complete, {}).claim


@pytest.mark.parametrize(
    ("permitted", "is_beyond"), [(None, None), (0, True), (3, True), (4, False)]
)
def test_more_days_over_than_permitted_are_beyond_it(
    permitted: int | None, *, is_beyond: bool | None
) -> None:
    four = november(1, 5, 9, 13)

    assert is_beyond is days_over(SPAN, four, four, permitted).is_beyond


@pytest.mark.parametrize(
    ("numbers", "length"), [((), 0), ((4,), 1), ((4, 6), 1), ((9, 1, 8, 7, 2), 3)]
)
def test_a_run_ends_with_a_day_that_is_not_over(numbers: tuple[int, ...], length: int) -> None:
    assert length == longest_run(november(*numbers))


def test_a_run_goes_on_over_the_end_of_a_month() -> None:
    assert 3 == longest_run({date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)})


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 7, "0.0"), (7, 7, "100.0"), (1, 2000, "0.1"), (1, 16, "6.3")]
)
def test_percents_are_rounded_half_up_to_one_decimal(part: int, whole: int, percent: str) -> None:
    assert percent == str(percent_of(part, whole))
