"""Findings above a limit value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dust.claims import ClaimClass, Judgement
from dust.exceedance import Finding, at_least, exceeds, find_exceedance, rounded_for
from dust.pollutants import Pollutant
from dust.standards import LimitPeriod, LimitValue, limit_in_force


def limit_of(pollutant: Pollutant) -> LimitValue:
    limit = limit_in_force(pollutant, LimitPeriod.DAY, date(2026, 1, 1))
    if limit is None:
        pytest.fail("no limit in force")
    return limit


PM25, PM10 = limit_of(Pollutant.PM25), limit_of(Pollutant.PM10)


@pytest.mark.parametrize(
    ("limit", "mean", "above"),
    [
        (PM25, "37.5", False),
        (PM25, "37.549999", False),
        (PM25, "37.55", True),
        (PM10, "120", False),
        (PM10, "120.499999", False),
        (PM10, "120.5", True),
    ],
)
def test_a_mean_exceeds_when_its_rounded_figure_is_above_the_level(
    limit: LimitValue,
    mean: str,
    above: bool,  # noqa: FBT001  pytest passes it
) -> None:
    assert above == exceeds(limit, Decimal(mean))


def test_a_complete_day_above_the_limit_is_found_with_raw_and_rounded_figure() -> None:
    mean = Decimal("40.123456")

    finding = find_exceedance(
        [mean] * 24, PM25, ClaimClass.REFERENCE, complete_mean=mean, is_over=True
    )

    assert (
        Finding(Judgement.EXCEEDANCE, mean, Decimal("40.1"), Decimal("37.5"), is_complete=True)
        == finding
    )


def test_the_finding_of_a_screening_sensor_is_a_signal() -> None:
    finding = find_exceedance(
        [Decimal(40)] * 24, PM25, ClaimClass.SCREENING, complete_mean=Decimal(40), is_over=True
    )

    assert finding is not None
    assert Judgement.SIGNAL == finding.judgement


def test_a_number_that_may_not_be_claimed_is_not_judged() -> None:
    hours = [Decimal(400)] * 24

    assert (
        find_exceedance(
            hours, PM10, ClaimClass.NOT_CLAIMABLE, complete_mean=Decimal(400), is_over=True
        )
        is None
    )


def test_a_day_without_valid_hours_is_not_judged() -> None:
    assert (
        find_exceedance([], PM25, ClaimClass.REFERENCE, complete_mean=None, is_over=False) is None
    )


def test_an_open_day_is_found_as_soon_as_it_is_certain_and_marked_incomplete() -> None:
    hours = [Decimal(200)] * 5

    finding = find_exceedance(hours, PM25, ClaimClass.REFERENCE, complete_mean=None, is_over=False)

    assert finding is not None
    assert not finding.is_complete
    assert Decimal("41.666667") == finding.value_raw  # 5 x 200 / 24
    assert (
        find_exceedance(hours[:4], PM25, ClaimClass.REFERENCE, complete_mean=None, is_over=False)
        is None
    )


def test_hours_that_are_not_valid_are_zeros_in_what_is_certain() -> None:
    assert Decimal(10) == at_least([Decimal(240)])
    assert 0 == at_least([])


@pytest.mark.parametrize(("is_over", "found"), [(True, True), (False, False)])
def test_what_stayed_incomplete_is_not_rounded_and_an_open_day_is(
    is_over: bool,  # noqa: FBT001  pytest passes it
    found: bool,  # noqa: FBT001  the same
) -> None:
    hours = [Decimal(170)] * 17  # 120.416667 with zeros for the rest

    finding = find_exceedance(
        hours, PM10, ClaimClass.REFERENCE, complete_mean=None, is_over=is_over
    )

    assert found == (finding is not None)


def test_a_day_of_25_valid_hours_is_their_mean() -> None:
    assert Decimal(8) == at_least([Decimal(8)] * 25)


def test_rounding_is_a_property_of_the_limit() -> None:
    assert Decimal("37.6") == rounded_for(PM25, Decimal("37.55"))
    assert Decimal(38) == rounded_for(PM10, Decimal("37.55"))
