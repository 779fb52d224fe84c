"""`dust calc`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from dust.calculators import command
from dust.errors import BadInput


def calc(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_index_of_a_mean_has_its_category_and_words() -> None:
    answer = calc("aqi", "37.55")

    assert ("th-2566", 101, 4, "#ffa202") == (
        answer["scale"],
        answer["aqi"],
        answer["category"],
        answer["colour"],
    )
    assert "Starting to affect health" == answer["name"]["en"]


def test_above_200_the_index_is_null() -> None:
    answer = calc("aqi", "--pollutant", "pm10", "303")

    assert answer["aqi"] is None
    assert 5 == answer["category"]


def test_a_mean_of_a_million_is_the_largest_that_is_taken() -> None:
    assert calc("aqi", "1000000")["aqi"] is None


def test_a_complete_day_above_the_limit_says_so() -> None:
    answer = calc("day", *["37.55"] * 24)

    assert {
        "mean": 37.55,
        "rounded": 37.6,
        "at_least": 37.55,
        "n_valid": 24,
        "n_possible": 24,
        "is_complete": True,
        "exceeds": True,
        "limit": "th-pm25-24h-2023",
        "level": 37.5,
        "rule_set": "epa-75-18h",
    } == answer


def test_an_hour_that_is_missing_is_a_dash_and_18_valid_ones_make_a_day() -> None:
    answer = calc("day", "--pollutant", "pm10", *["120"] * 18, *["-"] * 6)

    assert (120, 18, 24, True, False) == (
        answer["mean"],
        answer["n_valid"],
        answer["n_possible"],
        answer["is_complete"],
        answer["exceeds"],
    )


@pytest.mark.parametrize(
    ("level", "at_least", "rounded", "exceeds"),
    [
        pytest.param("150", 106.25, None, None, id="nothing can be said"),
        pytest.param("169", 119.708333, None, None, id="just below"),
        pytest.param("170", 120.416667, 120.4, True, id="above even if the rest were zero"),
        pytest.param("900", 637.5, 638, True, id="far above"),
    ],
)
def test_a_day_with_hours_missing_exceeds_only_where_they_cannot_matter(
    level: str,
    at_least: float,
    rounded: float | None,
    exceeds: bool | None,  # noqa: FBT001  (a column of the cases)
) -> None:
    answer = calc("day", "--pollutant", "pm10", *[level] * 17, *["-"] * 7)

    assert {
        "mean": None,
        "rounded": rounded,
        "at_least": at_least,
        "n_valid": 17,
        "n_possible": 24,
        "is_complete": False,
        "exceeds": exceeds,
        "limit": "th-pm10-24h-2004",
        "level": 120,
        "rule_set": "epa-75-18h",
    } == answer


def test_a_day_without_any_hour_says_nothing() -> None:
    answer = calc("day", *["-"] * 24)

    assert (None, None, None) == (answer["mean"], answer["at_least"], answer["exceeds"])


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["aqi", "x"], "value"),
        (["aqi", "nan"], "value"),
        (["aqi", "inf"], "value"),
        (["aqi", "1e30"], "value"),
        (["aqi", "1000000.1"], "value"),
        (["aqi", "-1"], "value"),
        (["aqi", "1_0"], "value"),
        (["aqi", "๑๐"], "value"),
        (["aqi", "--pollutant", "tsp", "1"], "pollutant"),
        (["day", "1", "2"], "hours"),
        (["day", *["1"] * 23], "hours"),
        (["day", *["1"] * 25], "hours"),
        (["day", *["1"] * 23, "x"], "hours"),
        (["day", *["1"] * 23, "1e30"], "hours"),
        (["day", "--pollutant", "pm1", *["1"] * 24], "pollutant"),
    ],
)
def test_wrong_use_is_named_by_field(arguments: list[str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        calc(*arguments)

    assert field == caught.value.field


def test_the_index_of_another_scale_is_asked_for_by_name() -> None:
    answer = calc("aqi", "--scale", "us", "--pollutant", "pm25", "35.49")

    assert ("us-2024", 100, 2) == (answer["scale"], answer["aqi"], answer["category"])


def test_a_nowcast_takes_the_newest_hour_first_and_a_dash_for_a_missing_one() -> None:
    hours = ["21", "-", "35", "49.2", "48.6", "53.7", "66.2", "69.2", "64.9", "50", "43", "34.9"]

    assert {"nowcast": 28.4, "aqi": 87, "scale": "us-2024"} == calc(
        "nowcast", "--pollutant", "pm25", "--", *hours
    )


def test_a_nowcast_that_is_not_valid_is_null() -> None:
    answer = calc("nowcast", "--", "13", "-", "-", "21")

    assert (None, None) == (answer["nowcast"], answer["aqi"])


def test_a_nowcast_of_a_fraction_without_breakpoints_is_refused() -> None:
    with pytest.raises(BadInput, match="pollutant = 'tsp': allowed is one of pm25, pm10"):
        calc("nowcast", "--pollutant", "tsp", "--", "1", "2")


def test_a_day_is_complete_by_the_rule_set_that_is_named() -> None:
    day = [*["10"] * 20, *["-"] * 4]

    by_default, strict = calc("day", *day), calc("day", "--rule-set", "complete-24h", *day)

    assert (True, "epa-75-18h") == (by_default["is_complete"], by_default["rule_set"])
    assert (False, "complete-24h") == (strict["is_complete"], strict["rule_set"])


def test_an_unknown_rule_set_is_refused_with_those_that_exist() -> None:
    with pytest.raises(BadInput, match="rule_set = 'mine': allowed is one of epa-75-18h"):
        calc("day", "--rule-set", "mine", *["1"] * 24)
