"""Rules that make a mean valid, and the limit values that a mean is held against.

Both are dated, cited data files (data/rule_sets.toml, data/limit_values/*.toml); a past day is
judged by the limit value in force on that day (docs/domain-rules.md, sections 3 and 4).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.rounding import Rounding
from dust.toml_file import FileModel, load_toml


class RuleSet(FileModel):
    """When an hour, a day, a month and a year count as complete; versioned by its identifier.

    `final_after_days` is how long an entry of the ledger must be left in peace to become final.
    """

    id: str
    hour_min_coverage: Decimal = Field(gt=0, le=1)
    day_min_hours: int = Field(ge=1, le=24)
    long_min_coverage: Decimal = Field(gt=0, le=1)
    final_after_days: int = Field(ge=1, le=3660)
    source: str

    @property
    def final_after(self) -> timedelta:
        return timedelta(days=self.final_after_days)


class LimitPeriod(StrEnum):
    """The averaging period that a limit value speaks of."""

    DAY = "24h"
    YEAR = "year"


class Comparison(StrEnum):
    """When a rounded mean breaks a limit value: above its level, or from it on."""

    ABOVE = ">"
    FROM = ">="


class LimitValue(FileModel):
    """A level that must not be exceeded by a mean of one averaging period."""

    id: str
    authority: str
    pollutant: Pollutant
    level_ugm3: Decimal = Field(gt=0)
    interim_targets_ugm3: tuple[Decimal, ...] = ()
    averaging_period: LimitPeriod
    statistic: Literal["arithmetic_mean"] = "arithmetic_mean"
    comparison: Comparison
    rounding: Rounding
    permitted_exceedances: int = Field(default=0, ge=0)
    valid_from: date
    valid_to: date | None = None
    citation: str
    source_mark: Literal["V", "S", "R", "D"]

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def is_broken_by(self, figure_ugm3: Decimal) -> bool:
        """Whether a figure, taken as it is, breaks this limit value."""
        if self.comparison is Comparison.ABOVE:
            return figure_ugm3 > self.level_ugm3
        return figure_ugm3 >= self.level_ugm3


class _LimitFile(FileModel):
    limits: list[LimitValue]


class _RuleSetFile(FileModel):
    default: str
    rule_sets: list[RuleSet]


@cache
def default_rule_set() -> RuleSet:
    """The rule set that averages are made by unless a network says otherwise."""
    content = load_toml(files("dust.data") / "rule_sets.toml", _RuleSetFile)
    return next(rules for rules in content.rule_sets if rules.id == content.default)


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """Every rule set that ships with this version."""
    content = load_toml(files("dust.data") / "rule_sets.toml", _RuleSetFile)
    return tuple(content.rule_sets)


def rule_set(identifier: str) -> RuleSet:
    """The rule set called `identifier`; a `BadInput` lists those that exist."""
    found = next((rules for rules in rule_sets() if rules.id == identifier), None)
    if found is None:
        raise BadInput("rule_set", identifier, "one of " + ", ".join(r.id for r in rule_sets()))
    return found


@cache
def limit_values() -> tuple[LimitValue, ...]:
    """Every limit value that ships with this version, past ones included."""
    folder = files("dust.data") / "limit_values"
    tables = sorted(folder.iterdir(), key=lambda item: item.name)
    return tuple(limit for table in tables for limit in load_toml(table, _LimitFile).limits)


def limit_value(identifier: str) -> LimitValue:
    """The limit value called `identifier`; a `BadInput` lists those that exist."""
    found = next((limit for limit in limit_values() if limit.id == identifier), None)
    if found is None:
        raise BadInput("limit", identifier, "one of " + ", ".join(x.id for x in limit_values()))
    return found


def limit_in_force(
    pollutant: Pollutant, period: LimitPeriod, day: date, authority: str = "thailand"
) -> LimitValue | None:
    """The limit value that judges a mean of `day`, or None where the authority has none."""
    return next(
        (
            limit
            for limit in limit_values()
            if limit.authority == authority
            and limit.pollutant == pollutant
            and limit.averaging_period == period
            and limit.in_force_on(day)
        ),
        None,
    )
