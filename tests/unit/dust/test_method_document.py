"""docs/method.md and docs/limit-values.md held to the program: their tables are computed again."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dust.averaging import Average, daily_average, hourly_average, long_average
from dust.calculators import command
from dust.claims import ClaimClass, judgement_of
from dust.corrections import Correction, Formula
from dust.decimals import mean
from dust.exceedance import Finding, at_least, exceeds, find_exceedance, rounded_for
from dust.indicators.counts import percent_of
from dust.indicators.health import SILENT_S, HealthState
from dust.indicators.today import FRESH_S
from dust.pollutants import Pollutant
from dust.quality import counts
from dust.standards import (
    LimitPeriod,
    LimitValue,
    default_rule_set,
    limit_in_force,
    limit_values,
    rule_sets,
)

DOCS = Path(__file__).parents[3] / "docs"
METHOD = (DOCS / "method.md").read_text("utf-8")
RULES = default_rule_set()
DAY = date(2026, 11, 20)
CLAIM = ClaimClass.INDICATIVE
NOTHING = "–"  # noqa: RUF001  (the page's own dash)


def rows_under(heading: str, page: str = METHOD) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = page.split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table
    lines = table[0].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def figures_under(heading: str) -> dict[str, str]:
    return {row[0]: row[1] for row in rows_under(heading)}


def limit() -> LimitValue:
    found = limit_in_force(Pollutant.PM25, LimitPeriod.DAY, DAY)
    assert found
    return found


def valid_hours(*late: str) -> list[Decimal]:
    """The day's valid hourly means from the page, and what came late."""
    cells = [cell for row in rows_under("### The day from its hours") for cell in row]
    told = dict(zip(cells[::2], cells[1::2], strict=True))
    assert [f"{hour:02}" for hour in range(24)] == sorted(told)
    return [*(Decimal(mean) for mean in told.values() if mean != NOTHING), *map(Decimal, late)]


def found_in(valid: list[Decimal], day: Average) -> Finding | None:
    return find_exceedance(valid, limit(), CLAIM, complete_mean=day.value, is_over=True)


def test_the_hour_is_made_from_its_readings_as_the_page_says() -> None:
    slope, intercept = re.findall(r"slope ([\d.]+), intercept ([\d.]+)", METHOD)[0]
    given = {"slope": Decimal(slope), "intercept": Decimal(intercept)}
    since = datetime(2026, 1, 1, tzinfo=UTC)
    correction = Correction(1, Pollutant.PM25, Formula.LINEAR, given, since, None, CLAIM)
    rows = rows_under("### The hour from 07:00 to 08:00")

    corrected: list[Decimal] = []
    for _, raw, flag, told in rows:
        value = correction.applied(Decimal(raw), None)
        assert counts(int(flag)) == (told != NOTHING)
        if told != NOTHING:
            assert Decimal(told) == value
            corrected.append(Decimal(told))
    hour = hourly_average(corrected, len(rows), 600, RULES)

    sum_, count, result = re.findall(r"([\d.]+) / (\d) = \*\*([\d.]+)\*\*", METHOD)[0]
    assert (Decimal(sum_), int(count)) == (sum(corrected), len(corrected))
    assert Decimal(result) == hour.value
    assert hour.value in valid_hours()


def test_the_raw_mean_beside_it_is_that_of_the_counting_raw_values() -> None:
    rows = rows_under("### The hour from 07:00 to 08:00")
    raw = [Decimal(value) for _, value, flag, _ in rows if counts(int(flag))]

    sum_, count, result = re.findall(r"raw values is ([\d.]+) / (\d) = ([\d.]+)\.", METHOD)[0]
    assert (Decimal(sum_), int(count), Decimal(result)) == (sum(raw), len(raw), mean(raw))


@pytest.mark.parametrize(
    ("heading", "late"), [("### What follows", ()), ("### The hour that came late", ("21.8",))]
)
def test_the_day_is_made_and_judged_as_the_page_says(heading: str, late: tuple[str, ...]) -> None:
    told, valid = figures_under(heading), valid_hours(*late)
    day = daily_average(valid, len(valid), RULES)
    finding = found_in(valid, day)

    assert day.value is not None
    assert told["valid hours"] == str(len(valid))
    assert Decimal(told["sum of the valid hours"]) == sum(valid)
    assert told["mean of the day"] == str(day.value)
    assert told["rounded for the comparison"] == str(rounded_for(limit(), day.value))
    assert told["over"] == ("yes" if finding else "no")
    assert told["over"] == ("yes" if exceeds(limit(), day.value) else "no")
    assert Decimal(told.get("limit value in force", "37.5")) == limit().level_ugm3
    if finding:
        assert told["judgement"] == str(finding.judgement)


def test_days_with_hours_missing_are_judged_as_the_page_says() -> None:
    for n_valid, each, sum_24, complete, over in rows_under(
        "## A day with hours missing that is over all the same"
    ):
        valid = [Decimal(each)] * int(n_valid)
        day = daily_average(valid, len(valid), RULES)

        assert sum_24 == str(at_least(valid))
        assert complete == (NOTHING if day.value is None else str(day.value))
        assert over == ("yes" if found_in(valid, day) else "no")


def test_what_crossing_a_level_is_called_is_that_of_the_class() -> None:
    told = figures_under("## What a figure may be used for")

    assert {str(claim): str(judgement_of(claim)) for claim in ClaimClass} == told


def test_a_month_and_a_year_need_the_days_that_the_page_says() -> None:
    for days, needed in rows_under("## Month and year"):
        for count, is_complete in ((int(needed), True), (int(needed) - 1, False)):
            found = long_average([Decimal(1)] * count, count, int(days), RULES)
            assert is_complete == found.is_complete, days


def test_percents_of_days_are_those_of_the_page() -> None:
    for over, monitored, told in rows_under("## Days over / days monitored"):
        percent = percent_of(int(over), int(monitored))
        assert told == (NOTHING if percent is None else str(percent))


def test_the_states_of_data_health_are_on_the_page_with_their_times() -> None:
    meanings = figures_under("## Data health")

    assert sorted(HealthState) == sorted(meanings)
    assert f"none for {SILENT_S // 3600} h" in meanings["silent"]
    assert f"older than {FRESH_S // 60} min" in meanings["late"]


def test_the_command_of_the_page_gives_the_day_of_the_page() -> None:
    line = re.findall(r"^dust calc (day .*)$", METHOD, re.MULTILINE)[0]

    answer: dict[str, Any] = json.loads(CliRunner().invoke(command, line.split()).stdout)

    told = figures_under("### What follows")
    assert told["mean of the day"] == f"{answer['mean']:.6f}"
    assert (told["valid hours"], True) == (str(answer["n_valid"]), answer["exceeds"])


def test_an_entry_is_final_after_the_days_that_the_page_says() -> None:
    assert f"nothing has changed for {RULES.final_after_days} days" in METHOD


def test_every_rule_set_is_in_the_page_of_limit_values_with_all_its_numbers() -> None:
    page = (DOCS / "limit-values.md").read_text("utf-8")

    assert [
        [
            f"`{rules.id}`",
            f"{int(rules.hour_min_coverage * 100)} % of its readings",
            f"{rules.day_min_hours} valid hours",
            f"{int(rules.long_min_coverage * 100)} % of its days",
            f"{rules.final_after_days} days",
        ]
        for rules in rule_sets()
    ] == rows_under("## When a mean may be held against a level", page)


def test_every_limit_value_is_in_its_page_with_its_rounding_and_its_comparison() -> None:
    page = (DOCS / "limit-values.md").read_text("utf-8")
    rows = {row[0].strip("`"): row[7:9] for row in rows_under("# Limit values", page)}

    assert {
        limit.id: [f"{limit.rounding.step:f}", f"{limit.comparison} level"]
        for limit in limit_values()
    } == rows
