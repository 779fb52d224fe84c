"""The NowCast, the US index and the 98th percentile, digit for digit."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dust.air_quality_index import us_index, us_scale
from dust.decimals import exact
from dust.errors import BadInput
from dust.nowcast import WINDOW_H, exact_nowcast, nowcast, weight
from dust.percentiles import percentile98
from dust.pollutants import Pollutant

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"
CUTS = {str(pollutant): rounding for pollutant, rounding in us_scale().rounding.items()}
CUT = CUTS["pm25"]


def vectors(name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))[
        "vectors"
    ]
    return content


def hours(vector: dict[str, Any]) -> list[Decimal | None]:
    told = vector["hours_most_recent_first"]
    return [None if hour is None else exact(hour) for hour in told]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in vectors("nowcast_open")])
def test_the_nowcast_is_that_of_airnow(vector: dict[str, Any]) -> None:
    value = nowcast(hours(vector), CUTS[vector["pollutant"]])

    assert vector["nowcast"] == (None if value is None else float(value))
    index = None if value is None else us_index(Pollutant(vector["pollutant"]), value).aqi
    assert vector["aqi"] == index


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in vectors("nowcast_open")])
def test_the_nowcast_has_its_weight_and_its_figure_before_it_is_cut(vector: dict[str, Any]) -> None:
    exact_value = exact_nowcast(hours(vector))
    there = [Fraction(hour) for hour in hours(vector)[:WINDOW_H] if hour is not None]

    expected = vector["nowcast_untruncated"]
    if expected is None or exact_value is None:
        assert exact_value is expected
        return
    assert vector["weight"] == pytest.approx(float(weight(there)), abs=1e-9)
    assert expected == pytest.approx(float(exact_value), abs=1e-9)
    for name, figure in (vector.get("published") or {}).items():
        assert figure == pytest.approx(vector[name], abs=1e-6), name


@pytest.mark.parametrize(
    "vector", [pytest.param(v, id=v["id"]) for v in vectors("aqi_us2024_open")]
)
def test_the_us_index_is_that_of_the_calculator(vector: dict[str, Any]) -> None:
    index = us_index(Pollutant(vector["pollutant"]), exact(vector["concentration"]))

    assert vector["aqi"] == index.aqi
    assert vector.get("published", index.aqi) in {None, index.aqi}


@pytest.mark.parametrize(
    ("concentration", "aqi", "level"),
    [("325.4", 500, 6), ("400", 649, 6), ("600", 1047, 6), ("225.4", 300, 5)],
)
def test_above_the_top_the_last_segment_goes_on(concentration: str, aqi: int, level: int) -> None:
    index = us_index(Pollutant.PM25, Decimal(concentration))

    assert (aqi, level) == (index.aqi, index.category.level)


@pytest.mark.parametrize("pollutant", [Pollutant.PM25, Pollutant.PM10])
def test_every_mean_falls_in_one_category_of_the_us_scale_and_none_falls_back(
    pollutant: Pollutant,
) -> None:
    levels = [
        us_index(pollutant, Decimal(hundredths).scaleb(-2)).category.level
        for hundredths in range(0, 200_001, 7)
    ]

    assert sorted(levels) == levels
    assert set(levels) == {category.level for category in us_scale().categories}


def test_each_of_5000_constant_series_is_its_own_nowcast() -> None:
    levels = [Decimal(tenths).scaleb(-1) for tenths in range(1, 5001)]

    assert levels == [nowcast([level] * 12, CUT) for level in levels]


def test_hours_behind_the_twelfth_are_not_looked_at() -> None:
    newest = [Decimal(10)] * 12

    assert nowcast(newest, CUT) == nowcast([*newest, Decimal(900)], CUT)


@pytest.mark.parametrize(
    ("newest", "is_valid"),
    [
        ("1 1 1", True),
        ("1 1", True),
        ("- 1 1", True),
        ("1 - 1", True),
        ("1 1 -", True),
        ("1 - -", False),
        ("- - 1", False),
        ("1", False),
        ("", False),
    ],
)
def test_two_of_the_newest_three_hours_must_be_there(newest: str, *, is_valid: bool) -> None:
    told = [None if hour == "-" else Decimal(hour) for hour in newest.split()]

    assert is_valid == (nowcast(told, CUT) is not None)


def test_a_negative_hour_is_refused() -> None:
    with pytest.raises(BadInput, match=r"hours = '-1.0': allowed is zero or more"):
        nowcast([Decimal(-1), Decimal(1)], CUT)


@pytest.mark.parametrize(
    ("levels", "expected"), [([0, 0], 1), ([1, 4], Fraction(1, 2)), ([3, 4], Fraction(3, 4))]
)
def test_an_hour_back_counts_by_the_lowest_over_the_highest(
    levels: list[int], expected: Fraction
) -> None:
    assert expected == weight([Fraction(level) for level in levels])


@pytest.mark.parametrize(
    "vector", [pytest.param(v, id=str(v["n"])) for v in vectors("percentile98")]
)
def test_the_98th_percentile_is_a_rank(vector: dict[str, Any]) -> None:
    days = [Decimal(day) for day in range(1, vector["n"] + 1)]

    assert vector["p98"] == percentile98(days[::-1])


def test_without_days_there_is_no_percentile() -> None:
    with pytest.raises(BadInput, match="daily_means = 'none'"):
        percentile98([])
