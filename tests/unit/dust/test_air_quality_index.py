"""The Thai air quality index."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dust.air_quality_index import overall_index, thai_index, thai_scale
from dust.errors import BadInput
from dust.pollutants import Pollutant

INDEXED = (Pollutant.PM25, Pollutant.PM10)


@pytest.mark.parametrize("pollutant", INDEXED)
def test_every_mean_in_hundredths_has_a_category_and_none_goes_down(pollutant: Pollutant) -> None:
    indices = [thai_index(pollutant, Decimal(step).scaleb(-2)) for step in range(20_001)]

    levels = [index.category.level for index in indices]
    assert sorted(levels) == levels
    assert {1, 2, 3, 4, 5} == set(levels)
    assert sorted(index.rank for index in indices) == [index.rank for index in indices]


@pytest.mark.parametrize("pollutant", INDEXED)
def test_every_whole_step_of_the_scale_lies_in_the_category_of_its_number(
    pollutant: Pollutant,
) -> None:
    tops = {1: 25, 2: 50, 3: 100, 4: 200}

    for step in range(2001):
        index = thai_index(pollutant, Decimal(step).scaleb(-1))
        if index.aqi is None:
            assert 5 == index.category.level
        else:
            assert tops.get(index.category.level - 1, -1) < index.aqi
            assert index.aqi <= tops[index.category.level]


@pytest.mark.parametrize(
    ("pollutant", "mean", "level"),
    [
        (Pollutant.PM25, "15.04", 1),
        (Pollutant.PM25, "15.05", 2),
        (Pollutant.PM25, "37.549999", 3),
        (Pollutant.PM25, "37.55", 4),
        (Pollutant.PM25, "75.049999", 4),
        (Pollutant.PM25, "75.05", 5),
        (Pollutant.PM10, "120.49", 3),
        (Pollutant.PM10, "120.5", 4),
        (Pollutant.PM10, "180.5", 5),
    ],
)
def test_a_mean_between_two_breakpoints_is_rounded_half_up_first(
    pollutant: Pollutant, mean: str, level: int
) -> None:
    assert level == thai_index(pollutant, Decimal(mean)).category.level


def test_above_200_there_is_no_number_and_it_ranks_above_all_that_have_one() -> None:
    above, top = thai_index(Pollutant.PM25, Decimal(76)), thai_index(Pollutant.PM25, Decimal(75))

    assert above.aqi is None
    assert 5 == above.category.level
    assert 200 == top.aqi
    assert above.rank > top.rank


def test_the_overall_index_is_the_largest_sub_index() -> None:
    overall = overall_index({Pollutant.PM25: Decimal(20), Pollutant.PM10: Decimal(110)})

    assert overall is not None
    assert Pollutant.PM10 == overall.pollutant
    assert thai_index(Pollutant.PM10, Decimal(110)).aqi == overall.aqi


def test_a_pollutant_above_the_scale_decides_the_overall_index() -> None:
    overall = overall_index({Pollutant.PM25: Decimal(75), Pollutant.PM10: Decimal(303)})

    assert overall is not None
    assert overall.aqi is None
    assert Pollutant.PM10 == overall.pollutant


def test_a_slightly_negative_mean_of_clean_air_is_zero_in_the_overall_index() -> None:
    overall = overall_index({Pollutant.PM25: Decimal("-0.4")})

    assert overall is not None
    assert 0 == overall.aqi


def test_without_any_mean_there_is_no_overall_index() -> None:
    assert overall_index({}) is None


def test_a_pollutant_without_breakpoints_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"^pollutant = 'tsp': allowed is one of pm25, pm10$"):
        thai_index(Pollutant.TSP, Decimal(1))


def test_a_negative_mean_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^mean_ugm3 = '-1': allowed is zero or more$"):
        thai_index(Pollutant.PM25, Decimal(-1))


def test_each_category_has_its_words_in_both_languages_and_a_colour() -> None:
    categories = thai_scale().categories

    assert [1, 2, 3, 4, 5] == [category.level for category in categories]
    assert [25, 50, 100, 200, None] == [category.top for category in categories]
    assert ["#3cccff", "#92d051", "#ffff00", "#ffa202", "#f04645"] == [
        category.colour for category in categories
    ]
    for category in categories:
        for words in (category.name, category.advice.general, category.advice.at_risk):
            assert words.th.strip()
            assert words.en.strip()
            assert words.th != words.en
