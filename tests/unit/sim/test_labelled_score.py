"""Shares, intervals and daily means of the set, held against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.labelled.days import DayRow, daily_means, day_figures
from sim.labelled.intervals import bootstrap, wilson
from sim.labelled.kinds import FaultKind, PlumeKind
from sim.labelled.score import EpisodeRow, Tally, figures_of


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775)]
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    """Against Newcombe 1998, Statistics in Medicine 17, 857, formula of method 3."""
    share = wilson(hits, of)

    assert (low, high) == pytest.approx((share.low, share.high), abs=1e-4)


def test_nothing_has_no_share() -> None:
    assert wilson(0, 0).share is None
    assert bootstrap([], []).share is None


def test_episodes_that_stand_or_fall_together_leave_a_wide_interval() -> None:
    share = bootstrap([100, 0], [100, 100])

    assert 0.5 == share.share
    assert (0.0, 1.0) == (share.low, share.high)


def test_an_hour_needs_45_minutes_and_a_day_18_hours() -> None:
    values = np.full((2, 1440), 10.0)
    values[0, : 6 * 60] = np.nan
    values[1, : 6 * 60 + 16] = np.nan

    assert [[10.0], [None]] == [
        [None if np.isnan(mean) else mean for mean in row] for row in daily_means(values).tolist()
    ]


def test_a_day_over_the_limit_may_be_hidden_lost_or_invented() -> None:
    rows = [
        DayRow(has_plume=True, has_fault=False, truth=60.0, told=30.0),
        DayRow(has_plume=True, has_fault=False, truth=60.0, told=None),
        DayRow(has_plume=True, has_fault=False, truth=60.0, told=59.0),
        DayRow(has_plume=True, has_fault=False, truth=30.0, told=38.0),
    ]

    figures = day_figures(rows)

    assert (4, 1, 30.0, 8.0) == (
        figures.days,
        figures.lost,
        figures.largest_error,
        figures.median_error,
    )
    assert (3, 2, 1) == (figures.above_limit, figures.hidden, figures.invented)


def test_kinds_that_no_value_shows_are_left_out_of_the_goal_only() -> None:
    stuck = EpisodeRow(FaultKind.STUCK, values=100, marked=90, removed=50, marked_or_hour=100)
    drift = EpisodeRow(FaultKind.DRIFT, values=100, marked=0, removed=0, marked_or_hour=0)
    mill = EpisodeRow(PlumeKind.MILL, values=100, marked=10, removed=4, marked_or_hour=20)

    figures = figures_of("ours", Tally(episodes=[stuck, drift, mill]))

    assert 1.0 == figures.fault_recall.share
    assert 0.9 == figures.fault_recall_by_value_tests.share
    assert 0.5 == figures.fault_recall_all.share
    assert 0.5 == figures.fault_removed.share
    assert 0.96 == figures.plume_recall.share
    assert 1.0 == figures.plume_episodes_kept.share
    assert 0.06 == figures.plume_suspect.share
    assert 0.1 == figures.plume_in_marked_hour.share
