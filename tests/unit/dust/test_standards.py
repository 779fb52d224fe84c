"""Limit values and rule sets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from dust.pollutants import Pollutant
from dust.standards import (
    Comparison,
    LimitPeriod,
    LimitValue,
    default_rule_set,
    limit_in_force,
    limit_values,
    rule_sets,
)


@pytest.mark.parametrize(
    ("day", "level"),
    [
        (date(2020, 2, 29), "50"),
        (date(2023, 5, 31), "50"),
        (date(2023, 6, 1), "37.5"),
        (date(2026, 1, 1), "37.5"),
    ],
)
def test_a_day_is_judged_by_the_pm25_limit_in_force_on_that_day(day: date, level: str) -> None:
    limit = limit_in_force(Pollutant.PM25, LimitPeriod.DAY, day)

    assert limit is not None
    assert Decimal(level) == limit.level_ugm3


@pytest.mark.parametrize(
    ("pollutant", "period", "level"),
    [
        (Pollutant.PM25, LimitPeriod.YEAR, "15"),
        (Pollutant.PM10, LimitPeriod.DAY, "120"),
        (Pollutant.PM10, LimitPeriod.YEAR, "50"),
        (Pollutant.TSP, LimitPeriod.DAY, "330"),
        (Pollutant.TSP, LimitPeriod.YEAR, "100"),
    ],
)
def test_the_other_limits_are_those_of_the_board(
    pollutant: Pollutant, period: LimitPeriod, level: str
) -> None:
    limit = limit_in_force(pollutant, period, date(2026, 1, 1))

    assert limit is not None
    assert Decimal(level) == limit.level_ugm3


@pytest.mark.parametrize(
    ("pollutant", "day", "authority"),
    [
        (Pollutant.PM1, date(2026, 1, 1), "thailand"),
        (Pollutant.PM25, date(2009, 12, 31), "thailand"),
        (Pollutant.PM25, date(2026, 1, 1), "nobody"),
    ],
)
def test_where_nobody_set_a_limit_there_is_none(
    pollutant: Pollutant, day: date, authority: str
) -> None:
    assert limit_in_force(pollutant, LimitPeriod.DAY, day, authority) is None


def test_identifiers_are_unique_and_every_limit_is_cited() -> None:
    limits = limit_values()

    assert len(limits) == len({limit.id for limit in limits})
    assert all(limit.citation and limit.source_mark for limit in limits)


def test_no_two_limits_for_the_same_thing_are_in_force_on_one_day() -> None:
    def subject(limit: LimitValue) -> tuple[str, Pollutant, LimitPeriod]:
        return limit.authority, limit.pollutant, limit.averaging_period

    for first, second in combinations(limit_values(), 2):
        if subject(first) == subject(second):
            assert not first.in_force_on(second.valid_from), (first.id, second.id)
            assert not second.in_force_on(first.valid_from), (first.id, second.id)


def test_the_default_rule_set_asks_for_75_percent_and_18_hours() -> None:
    rules = default_rule_set()

    assert (Decimal("0.75"), 18) == (rules.hour_min_coverage, rules.day_min_hours)
    assert rules.source


def test_every_rule_set_asks_for_75_percent_of_the_days_and_30_quiet_ones() -> None:
    assert {(Decimal("0.75"), 30)} == {
        (rules.long_min_coverage, rules.final_after_days) for rules in rule_sets()
    }


def test_a_limit_value_may_be_broken_from_its_level_on() -> None:
    above = limit_values()[0]
    from_it_on = above.model_copy(update={"comparison": Comparison.FROM})

    assert (False, True) == tuple(
        limit.is_broken_by(above.level_ugm3) for limit in (above, from_it_on)
    )
    assert not from_it_on.is_broken_by(above.level_ugm3 - Decimal("0.000001"))
