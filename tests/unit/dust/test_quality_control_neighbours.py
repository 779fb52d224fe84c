"""Stations against their neighbours."""

from __future__ import annotations

import pytest

from dust.claims import claims_table
from dust.errors import BadInput
from dust.quality_control import BuddyRules, Places, buddy_check, disagreeing

LATITUDES = [14.700, 14.701, 14.702, 14.703, 14.704]
LONGITUDES = [100.85] * 5
PLACES = Places(LATITUDES, LONGITUDES, [0, 0, 0, 0, 0])
RULES = BuddyRules([3000], [3], threshold=3, min_std=5)


def test_a_station_in_a_plume_disagrees_and_its_neighbours_do_not() -> None:
    told = disagreeing(LATITUDES, LONGITUDES, [40, 42, 38, 41, 180], claims_table().neighbours)

    assert [False, False, False, False, True] == told.tolist()


def test_too_few_neighbours_can_tell_nothing() -> None:
    parameters = claims_table().neighbours

    assert [False] * 3 == disagreeing(
        LATITUDES[:3], LONGITUDES[:3], [40, 42, 900], parameters
    ).tolist()
    assert [] == disagreeing([], [], [], parameters).tolist()


def test_an_absent_value_is_missing_and_nobodys_neighbour() -> None:
    values = [40, 42, None, 41, 180]

    assert [0, 0, 9, 0, 1] == buddy_check(PLACES, values, RULES).tolist()
    assert [0, 0, 9, 0, 0] == buddy_check(PLACES, values, RULES._replace(num_min=[4])).tolist()


def test_a_station_at_the_very_same_place_is_no_neighbour() -> None:
    places = Places([14.7] * 5, [100.85] * 5, [0] * 5)

    assert [0] * 5 == buddy_check(places, [40, 42, 38, 41, 180], RULES).tolist()


def test_what_disagreed_first_no_longer_hides_the_second() -> None:
    values = [40, 42, 38, 120, 900]

    once = buddy_check(PLACES, values, RULES._replace(num_iterations=1))
    twice = buddy_check(PLACES, values, RULES._replace(num_iterations=2))

    assert [0, 0, 0, 0, 1] == once.tolist()
    assert [0, 0, 0, 1, 1] == twice.tolist()


@pytest.mark.parametrize(
    ("field", "rules"),
    [
        ("radius_m", RULES._replace(radius_m=[1000, 2000])),
        ("radius_m", RULES._replace(radius_m=[0])),
        ("num_min", RULES._replace(num_min=[0, 1, 1, 1, 1])),
    ],
)
def test_wrong_rules_are_named(field: str, rules: BuddyRules) -> None:
    with pytest.raises(BadInput, match=f"^{field} = "):
        buddy_check(PLACES, [1, 2, 3, 4, 5], rules)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^latitudes = \(5,\): allowed is an array of 2 values"):
        buddy_check(PLACES, [1, 2], RULES)
