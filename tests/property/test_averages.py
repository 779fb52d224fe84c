"""Means, findings and categories do not depend on the order in which data came."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dust.air_quality_index import thai_index, thai_scale
from dust.averaging import daily_average, hourly_average
from dust.claims import ClaimClass
from dust.coverage import Coverage
from dust.decimals import MEAN_STEP, mean
from dust.exceedance import at_least, exceeds, find_exceedance
from dust.indicators.today import DayState, day_so_far
from dust.pollutants import Pollutant
from dust.rounding import TENTHS
from dust.standards import LimitPeriod, LimitValue, default_rule_set, limit_in_force

RULES = default_rule_set()
LEVELS = st.decimals(0, 2000, places=3)
HOURS = st.lists(st.decimals(0, 500, places=6), max_size=24)
INDEXED = pytest.mark.parametrize("pollutant", [Pollutant.PM25, Pollutant.PM10])


def pm25_limit() -> LimitValue:
    limit = limit_in_force(Pollutant.PM25, LimitPeriod.DAY, date(2026, 1, 1))
    if limit is None:
        pytest.fail("no limit in force")
    return limit


LIMIT = pm25_limit()


@given(values=st.lists(LEVELS, min_size=1, max_size=60), data=st.data())
def test_an_hour_does_not_depend_on_the_order_of_its_readings(
    values: list[Decimal], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(values))

    assert hourly_average(values, 60, 60, RULES) == hourly_average(shuffled, 60, 60, RULES)


@given(values=st.lists(LEVELS, min_size=1, max_size=60))
def test_a_mean_is_the_true_mean_within_half_a_step_and_between_its_values(
    values: list[Decimal],
) -> None:
    found = mean(values)

    true = sum(map(Fraction, values), Fraction(0)) / len(values)
    assert abs(Fraction(found) - true) <= Fraction(MEAN_STEP) / 2
    assert min(values) <= found <= max(values)


@given(hours=HOURS, claim=st.sampled_from(ClaimClass), data=st.data())
def test_a_day_and_its_finding_do_not_depend_on_the_order_of_its_hours(
    hours: list[Decimal], claim: ClaimClass, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(hours))
    day, again = (daily_average(order, len(order), RULES) for order in (hours, shuffled))

    assert day == again
    assert find_exceedance(
        hours, LIMIT, claim, complete_mean=day.value, is_over=True
    ) == find_exceedance(shuffled, LIMIT, claim, complete_mean=again.value, is_over=True)
    assert day_so_far(hours, LIMIT, claim) == day_so_far(shuffled, LIMIT, claim)


@given(hours=HOURS.filter(bool), later=st.data())
def test_what_is_certain_stays_certain_whatever_the_rest_of_the_day_brings(
    hours: list[Decimal], later: st.DataObject
) -> None:
    rest = later.draw(st.lists(st.decimals(0, 500, places=6), max_size=24 - len(hours)))
    whole = [*hours, *rest]

    assert at_least(hours) <= at_least(whole)
    if day_so_far(hours, LIMIT, ClaimClass.SCREENING).state is DayState.EXCEEDED_FOR_CERTAIN:
        day = daily_average(whole, len(whole), RULES)
        assert find_exceedance(
            whole, LIMIT, ClaimClass.SCREENING, complete_mean=day.value, is_over=True
        )


@given(hours=st.lists(st.decimals(0, 500, places=6), min_size=18, max_size=24))
def test_a_complete_day_is_found_exactly_when_its_rounded_mean_is_above_the_level(
    hours: list[Decimal],
) -> None:
    day = daily_average(hours, len(hours), RULES)

    assert day.value is not None
    found = find_exceedance(
        hours, LIMIT, ClaimClass.REFERENCE, complete_mean=day.value, is_over=True
    )
    assert exceeds(LIMIT, day.value) == (found is not None)
    assert (TENTHS.of(day.value) > LIMIT.level_ugm3) == (found is not None)


@INDEXED
@given(value=st.decimals(0, 100_000, places=6))
def test_every_daily_mean_falls_in_exactly_one_category(
    pollutant: Pollutant, value: Decimal
) -> None:
    index = thai_index(pollutant, value)

    bottom, holding = -1, []
    for category in thai_scale().categories:
        top = 1_000_000 if category.top is None else category.top
        if bottom < index.rank <= top:
            holding.append(category.level)
        bottom = top
    assert [index.category.level] == holding


@INDEXED
@given(values=st.tuples(*[st.decimals(0, 400, places=6)] * 2))
def test_more_dust_never_has_a_lower_index(
    pollutant: Pollutant, values: tuple[Decimal, Decimal]
) -> None:
    less, more = (thai_index(pollutant, value) for value in sorted(values))

    assert less.rank <= more.rank
    assert less.category.level <= more.category.level


@given(data=st.data(), n_possible=st.integers(1, 3600))
def test_coverage_is_judged_without_any_rounding(data: st.DataObject, n_possible: int) -> None:
    n_measured = data.draw(st.integers(0, n_possible))
    n_valid = data.draw(st.integers(0, n_measured))

    coverage = Coverage(n_possible, n_measured, n_valid)

    assert (Fraction(n_valid, n_possible) >= Fraction(3, 4)) == coverage.reaches(Decimal("0.75"))
    assert 0 <= coverage.data_coverage <= 1
