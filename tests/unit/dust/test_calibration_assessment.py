"""Co-locations: paired days, held-out blocks, the proposal, the class that is earned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dust.calibration.assessment import Assessment, assess
from dust.calibration.colocation import CoLocation, Range, day_means, range_of
from dust.calibration.held_out import BLOCKS, held_out
from dust.calibration.proposal import Proposal, proposal
from dust.calibration.regression import Line
from dust.claims import ClaimClass
from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats

START = datetime(2024, 3, 1, tzinfo=UTC)


def beside(reference: Floats, sensor: Floats) -> CoLocation:
    starts = tuple(START + hour * timedelta(hours=1) for hour in range(len(reference)))
    days = tuple(start.date() for start in starts)
    air = np.full(len(reference), 60.0)
    return CoLocation(starts, days, reference, sensor, air, air)


def air(n_days: int, seed: int = 1) -> Floats:
    dice = np.random.default_rng(seed)
    hours = np.arange(24 * n_days)
    level = 30 + 15 * np.sin(hours / 4) + 12 * np.sin(hours / 37)
    return np.asarray(level + dice.normal(0, 2, len(hours)))


def seen_by(reference: Floats, noise: float = 2.0, slope: float = 1.6) -> Floats:
    dice = np.random.default_rng(2)
    return np.asarray(slope * reference - 3 + dice.normal(0, noise, len(reference)))


def assessed(n_days: int, noise: float = 2.0) -> Assessment:
    reference = air(n_days)
    return assess(beside(reference, seen_by(reference, noise)), Pollutant.PM25, 18)


def test_a_day_is_valid_with_18_paired_hours_and_both_means_are_over_them() -> None:
    reference, sensor = np.arange(48.0), np.arange(48.0) * 2
    sensor[:7] = np.nan
    sensor[24:30] = np.nan

    means = day_means(beside(reference, sensor), sensor, 18)

    assert [START.date() + timedelta(days=1)] == list(means.days)
    assert [38.5] == list(means.reference)
    assert [77.0] == list(means.sensor)


def test_a_good_fortnight_earns_indicative() -> None:
    found = assessed(14)

    assert (ClaimClass.INDICATIVE, ()) == (found.claim_class, found.missing)
    assert (336, 14) == (found.hours.n, found.days.n)


@pytest.mark.parametrize(
    ("n_days", "noise", "missing"),
    [
        (13, 2.0, "valid days: 13, at least 14 needed"),
        (4, 2.0, "held out: 5 blocks of days"),
        (14, 60.0, "hours held out: r2"),
    ],
)
def test_what_is_missing_is_said(n_days: int, noise: float, missing: str) -> None:
    found = assessed(n_days, noise)

    assert found.claim_class is None
    assert any(reason.startswith(missing) for reason in found.missing)


def test_held_out_days_do_not_take_part_in_the_fit_that_corrects_them() -> None:
    reference = air(10)
    sensor = seen_by(reference)
    strange = sensor.copy()
    strange[:48] = 500.0 + strange[:48]  # the first of five blocks of two days

    plain, changed = held_out(beside(reference, sensor)), held_out(beside(reference, strange))

    assert plain is not None
    assert changed is not None
    slope = (changed[:48] - plain[:48]) / 500
    assert pytest.approx(np.full(48, slope[0])) == slope
    assert pytest.approx(1 / 1.6, rel=0.05) == slope[0]


def test_a_day_is_never_split_between_blocks() -> None:
    reference = air(7)
    corrected = held_out(beside(reference, seen_by(reference)))

    assert corrected is not None
    assert not np.isnan(corrected).any()
    assert held_out(beside(air(BLOCKS - 1), air(BLOCKS - 1))) is None


def test_the_fit_is_right_in_the_mean_of_what_it_has_seen() -> None:
    reference = air(14)
    sensor = seen_by(reference, noise=20)
    found = assess(beside(reference, sensor), Pollutant.PM25, 18)

    assert found.proposal is not None
    assert pytest.approx(reference.mean(), rel=1e-5) == found.proposal.of(sensor).mean()


def test_the_proposal_turns_the_fit_round_in_decimals_of_six_digits() -> None:
    assert Proposal(Decimal("0.625000"), Decimal("1.87500")) == proposal(
        Line(1.6, -3.0), Pollutant.PM25
    )
    assert Proposal(Decimal("0.333333"), Decimal("-0.000333333")) == proposal(
        Line(3.0, 0.001), Pollutant.PM10
    )


@pytest.mark.parametrize("line", [None, Line(0.001, 0.0), Line(0.01, 50.0)])
def test_a_line_that_no_allowed_correction_turns_round_proposes_nothing(line: Line | None) -> None:
    assert proposal(line, Pollutant.PM25) is None


def test_a_sensor_against_the_reference_gets_no_proposal_and_no_class() -> None:
    reference = air(14)
    found = assess(beside(reference, 100 - reference), Pollutant.PM25, 18)

    assert (None, None, None) == (found.proposal, found.hours.corrected, found.claim_class)
    assert "no correction can be proposed" in found.missing[-1]


def test_the_span_of_values_leaves_out_what_is_not_there() -> None:
    assert Range(2.0, 5.0) == range_of(np.array([np.nan, 5.0, 2.0]))
    assert range_of(np.array([np.nan])) is None
