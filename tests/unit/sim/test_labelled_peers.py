"""The peers' neighbour rules do what their authors say they do."""

from __future__ import annotations

import numpy as np
import pytest

from sim.labelled.frames import Frames
from sim.labelled.labelled_set import LabelledSet
from sim.labelled.peers import proposed, published, same_for_a_day
from sim.labelled.stations import stations_of

DAY = 1440


def told(*rows: list[float]) -> LabelledSet:
    """A set of stations side by side that tell these values, minute for minute."""
    values = np.array(rows, dtype=np.float64)
    nothing = np.zeros(values.shape, dtype=np.int8)
    return LabelledSet(
        seed=0,
        stations=stations_of(0)[: len(rows)],
        times_ms=np.arange(values.shape[1], dtype=np.int64) * 60_000,
        frames=tuple(Frames(row.copy(), row.copy(), row.copy()) for row in values),
        rh=np.full(values.shape, 60.0),
        truth_ugm3=values,
        label=nothing,
        episode=nothing.astype(np.int32),
        episodes=(),
    )


@pytest.mark.parametrize(("plume", "others"), [(58, 20), (80, 25), (100, 30), (120, 45), (95, 40)])
def test_a_plume_at_one_station_is_dropped(plume: float, others: float) -> None:
    sets = told([others, plume], *([others, others] for _ in range(4)))

    assert published(sets).removed[:, 1].tolist() == [True, False, False, False, False]
    assert proposed(sets).removed[:, 1].tolist() == [True, False, False, False, False]


def test_thirty_away_is_not_yet_too_far() -> None:
    assert not published(told([20, 50], [20, 20], [20, 20])).removed.any()


def test_two_stations_say_nothing_of_each_other() -> None:
    assert not published(told([20, 20], [20, 500])).removed.any()


def test_the_branch_is_content_with_one_neighbour_but_allows_more() -> None:
    """30 times the root of 3: the limit with one neighbour instead of three."""
    assert not proposed(told([20, 20], [20, 71])).removed.any()
    assert proposed(told([20, 20], [20, 73])).removed[1, 1]


def test_from_fifty_on_two_deviations_decide() -> None:
    """60, 60, 60, 60 and 80: mean 64, deviation 8.9."""
    calm = [[60.0, 60.0]] * 4

    assert published(told(*calm, [80, 81])).removed[:, 1].tolist() == [False] * 5
    assert published(told(*calm, [80, 82])).removed[:, 1].tolist() == [False] * 4 + [True]


def test_a_dropped_reading_has_no_vote() -> None:
    """With its vote the mean would be 50 and two deviations wide."""
    sets = told([20, 140, 140], [20, 20, 20], [20, 20, 20], [20, 20, 20])

    assert published(sets).removed[0].tolist() == [False, True, True]


def test_an_own_reading_older_than_two_hours_has_no_vote() -> None:
    minutes = 200
    plume = [20.0] + [140.0] * (minutes - 1)
    sets = told(plume, [20.0] * minutes, [20.0] * minutes)

    removed = published(sets).removed[0]

    assert removed[1:121].all()
    assert not removed[121:].any(), "two stations are left, and nothing is said any more"


def test_the_same_value_for_a_day_is_dropped_but_not_zero() -> None:
    assert same_for_a_day(np.full(DAY + 5, 7.0))[3:].all()
    assert not same_for_a_day(np.zeros(DAY + 5)).any()


def test_one_other_value_within_the_day_is_enough() -> None:
    values = np.full(2 * DAY, 7.0)
    values[10] = 8.0

    same = same_for_a_day(values)

    assert not same[10 : 10 + DAY + 1].any()
    assert same[10 + DAY + 1 :].all()
