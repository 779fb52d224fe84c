"""Fits, performance and targets: published figures digit for digit, and what is not determined."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dust.calibration.arrays import floats
from dust.calibration.performance import Performance, performance
from dust.calibration.regression import Line, deming, ols, r_squared, theil_sen
from dust.calibration.targets import METRICS, shortfalls, targets_for, verdicts
from dust.errors import BadInput
from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"
CONTENT: dict[str, Any] = json.loads((GOLDEN / "performance_metrics.json").read_text("utf-8"))
FIGURES = ("slope", "intercept", "r2", "rmse", "nrmse", "sd", "cv")

PERFECT = [(n, 0.1 * factor) for n in range(3, 40) for factor in range(1, 30)]


def units_of(vector: dict[str, Any]) -> tuple[Floats, Floats]:
    return floats(vector["reference"]), np.array([floats(unit) for unit in vector["sensors"]])


def line_of(slope: float, intercept: float, n: int = 50) -> tuple[Floats, Floats]:
    x = np.linspace(5, 80, n)
    return x, slope * x + intercept


@pytest.mark.parametrize("vector", CONTENT["vectors"])
def test_the_figures_of_several_units_are_those_of_the_definitions(vector: dict[str, Any]) -> None:
    found = performance(*units_of(vector))

    assert found.deming is not None
    told = {name: getattr(found, name) for name in FIGURES}
    told |= {"deming_slope_lambda1": found.deming.slope, "deming_intercept": found.deming.intercept}
    assert {name: vector[name] for name in told} == {
        name: round(value, 9) for name, value in told.items()
    }


@pytest.mark.parametrize("vector", CONTENT["vectors"])
def test_times_without_a_reference_are_no_times(vector: dict[str, Any]) -> None:
    """sensortoolkit counts them in N: its RMSE looks smaller than it is."""
    reference, units = units_of(vector)
    without = np.insert(reference, [3, 10], np.nan)
    with_more = np.insert(units, [3, 10], 40.0, axis=1)

    found = performance(without, with_more)

    assert vector["rmse"] == round(found.rmse or 0, 9)
    assert len(reference) == found.n


@pytest.mark.parametrize("vector", CONTENT["vectors"])
def test_a_time_at_which_a_unit_is_silent_says_nothing_about_the_units_among_themselves(
    vector: dict[str, Any],
) -> None:
    reference, units = units_of(vector)
    longer = np.append(units, [[90.0], [np.nan], [10.0]], axis=1)

    found = performance(np.append(reference, 50.0), longer)

    assert vector["sd"] == round(found.sd or 0, 9)
    assert len(reference) + 1 == found.n


def test_the_targets_are_those_of_the_source() -> None:
    for pollutant, told in CONTENT["targets"].items():
        targets = targets_for(Pollutant(pollutant))
        for name in ("slope", "intercept", "r2"):
            target = targets.of(name)
            assert told[name] == [target.at_least, target.at_most]
        for name in ("rmse", "nrmse", "sd", "cv"):
            assert (None, told[f"{name}_max"]) == (
                targets.of(name).at_least,
                targets.of(name).at_most,
            )


@pytest.mark.parametrize("fit", [ols, deming, theil_sen])
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.4, 12.0), (3.0, -20.0)])
def test_every_fit_finds_a_line_that_is_there(fit: Any, slope: float, intercept: float) -> None:
    line = fit(*line_of(slope, intercept))

    assert pytest.approx([slope, intercept]) == [line.slope, line.intercept]


def test_ols_leans_towards_flat_where_deming_does_not() -> None:
    dice = np.random.default_rng(7)
    truth = dice.uniform(5, 60, 4000)
    x, y = truth + dice.normal(0, 8, 4000), truth + dice.normal(0, 8, 4000)

    flat, upright = ols(x, y), deming(x, y)

    assert flat is not None
    assert upright is not None
    assert flat.slope < 0.9
    assert pytest.approx(1, abs=0.03) == upright.slope


def test_deming_knows_which_side_errs_more() -> None:
    dice = np.random.default_rng(7)
    truth = dice.uniform(5, 60, 4000)
    x, y = truth + dice.normal(0, 4, 4000), 2 * truth + dice.normal(0, 16, 4000)

    line = deming(x, y, error_variance_ratio=16)

    assert line is not None
    assert pytest.approx(2, abs=0.05) == line.slope


def test_deming_with_all_of_the_error_in_the_sensor_is_ols() -> None:
    dice = np.random.default_rng(3)
    x = dice.uniform(5, 60, 200)
    y = 1.3 * x + dice.normal(0, 5, 200)

    plain, ratio = ols(x, y), deming(x, y, error_variance_ratio=1e9)

    assert plain is not None
    assert ratio is not None
    assert pytest.approx(plain.slope, rel=1e-6) == ratio.slope


def test_a_few_wild_hours_turn_least_squares_and_not_theil_sen() -> None:
    x, y = line_of(1.0, 0.0)
    y[-4:] = 900.0

    wild, robust = ols(x, y), theil_sen(x, y)

    assert wild is not None
    assert robust is not None
    assert wild.slope > 3
    assert pytest.approx(1, abs=0.01) == robust.slope


def test_theil_sen_of_a_year_of_hours_takes_every_fifth() -> None:
    line = theil_sen(*line_of(0.7, 3.0, 8760))

    assert line is not None
    assert pytest.approx([0.7, 3.0]) == [line.slope, line.intercept]


@pytest.mark.parametrize("fit", [ols, deming, theil_sen, r_squared])
@pytest.mark.parametrize("x", [[], [5.0], [5.0, 5.0, 5.0], [0.1 + 0.2] * 7])
def test_what_the_values_do_not_determine_is_none(fit: Any, x: list[float]) -> None:
    assert fit(floats(x), floats(range(len(x)))) is None


def test_a_stuck_sensor_has_a_flat_line_and_nothing_that_can_be_turned_round() -> None:
    x, y = floats(range(10)), floats([0.3] * 10)

    assert Line(0.0, pytest.approx(0.3)) == ols(x, y)
    assert deming(x, y) is None
    assert r_squared(x, y) is None


def test_r_squared_is_never_above_one() -> None:
    lines = [(floats(range(n)) * 0.1, floats(range(n)) * slope + 0.7) for n, slope in PERFECT]

    assert all(0.9999999 < (r_squared(x, y) or 0) <= 1 for x, y in lines)


@pytest.mark.parametrize("n", [1, 2])
def test_two_pairs_have_a_line_but_no_r_squared(n: int) -> None:
    x = floats(range(5, 5 + n))
    judged = verdicts(performance(x, 1.5 * x), targets_for(Pollutant.PM25))

    assert [(None, None)] == [(one.value, one.met) for one in judged if one.metric == "r2"]


def test_a_line_turned_round_gives_back_what_it_took() -> None:
    line = Line(1.6, -4.0)

    assert pytest.approx(12.5) == line.inverse().of(line.of(floats([12.5])))[0]


def test_nothing_at_all_has_no_figures() -> None:
    found = performance(floats([None, 5.0]), floats([5.0, None]))

    assert (0, 1) == (found.n, found.n_units)
    assert {None} == {getattr(found, name) for name in FIGURES}


def test_units_of_another_length_than_the_reference_are_refused() -> None:
    with pytest.raises(BadInput, match="units = '3 times'"):
        performance(floats([1, 2]), floats([1, 2, 3]))


def figures(**changed: float | None) -> Performance:
    kept: dict[str, Any] = {
        "slope": 1.0,
        "intercept": 0.0,
        "r2": 0.9,
        "rmse": 5.0,
        "nrmse": 20.0,
        "sd": None,
        "cv": None,
    }
    return Performance(**(kept | changed), n=30, n_units=1, deming=None, theil_sen=None)


@pytest.mark.parametrize(
    ("changed", "short"),
    [
        ({}, []),
        ({"slope": 0.65, "intercept": -5.0, "r2": 0.7, "rmse": 7.0}, []),
        ({"slope": 1.35, "intercept": 5.0}, []),
        ({"slope": 0.649}, ["slope"]),
        ({"intercept": 5.001}, ["intercept"]),
        ({"r2": None}, ["r2"]),
        ({"rmse": 7.1}, []),
        ({"nrmse": 30.1}, []),
        ({"rmse": 7.1, "nrmse": 30.1}, ["rmse", "nrmse"]),
    ],
)
def test_bounds_are_allowed_and_one_of_rmse_and_nrmse_is_enough(
    changed: dict[str, float | None], short: list[str]
) -> None:
    found = shortfalls(figures(**changed), targets_for(Pollutant.PM25))

    assert short == [verdict.metric for verdict in found]


def test_a_verdict_says_the_value_and_what_is_allowed() -> None:
    told = {v.metric: v for v in verdicts(figures(rmse=10.0), targets_for(Pollutant.PM10))}

    assert METRICS == tuple(told)
    assert (10.0, "at most 14", True) == (
        told["rmse"].value,
        told["rmse"].allowed,
        told["rmse"].met,
    )
    assert "-10 to 10" == told["intercept"].allowed
    assert told["sd"].met is None


def test_a_pollutant_without_targets_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(BadInput, match="pollutant = 'pm1': allowed is pm25 or pm10"):
        targets_for(Pollutant.PM1)
