"""Drift: an alarm over a running window."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dust.calibration.arrays import floats
from dust.calibration.drift import DriftThresholds, drift, gain_offset, newest_of_days
from dust.errors import BadInput

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"
VECTORS: list[dict[str, Any]] = json.loads((GOLDEN / "calibration_moma.json").read_text("utf-8"))[
    "vectors"
]
AIR = 40 + 25 * np.sin(np.arange(240) / 5)


@pytest.mark.parametrize("vector", VECTORS)
def test_gain_and_offset_match_mean_and_spread(vector: dict[str, Any]) -> None:
    found = gain_offset(floats(vector["sensor"]), floats(vector["proxy"]))

    assert found is not None
    assert (vector["gain"], vector["offset"]) == (round(found.gain, 9), round(found.offset, 9))


def test_a_steady_sensor_raises_no_alarm() -> None:
    found = drift(AIR * 1.1 + 2, AIR)

    assert 240 - 71 == len(found)
    assert [] == [window for window in found if window.alarms]


def test_a_dirty_lens_raises_an_alarm_within_a_window() -> None:
    sensor = np.where(np.arange(240) < 120, AIR, AIR * 0.4)

    alarmed = [window.last_hour for window in drift(sensor, AIR) if window.alarms]

    assert 120 < alarmed[0] < 120 + 72
    assert 239 == alarmed[-1]


def test_the_alarm_says_what_is_out_of_bounds() -> None:
    newest = drift(AIR * 0.5 - 30, AIR)[-1]

    gain, offset = newest.alarms
    assert "gain 2.00: allowed is 0.7 to 1.3" == gain
    assert "offset 60.0 µg/m³: allowed is ±10" == offset


def test_a_window_with_too_many_gaps_says_nothing() -> None:
    sensor = AIR * 0.4
    sensor[150:] = np.nan

    newest = drift(sensor, AIR)[-1]

    assert (0, None, ()) == (newest.n, newest.estimate, newest.alarms)


def test_the_thresholds_are_parameters() -> None:
    lenient = DriftThresholds(window_h=24, least_gain=0.1, most_gain=10, most_offset_ugm3=100)

    found = drift(AIR * 0.4, AIR, lenient)

    assert 240 - 23 == len(found)
    assert [] == [window for window in found if window.alarms]


def test_a_stuck_sensor_has_no_gain() -> None:
    assert gain_offset(floats([3, 3, 3]), floats([1, 2, 3])) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"window_h": 1}, "window_h"),
        ({"min_share": 0}, "min_share"),
        ({"least_gain": 2}, "least_"),
        ({"most_offset_ugm3": -1}, "most_offset"),
    ],
)
def test_thresholds_that_cannot_be_are_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        DriftThresholds(**given)


def test_two_series_of_other_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match="proxy = '3 hours': allowed is 240"):
        drift(AIR, AIR[:3])


def test_a_window_longer_than_the_series_is_refused() -> None:
    assert 1 == len(drift(AIR[:72], AIR[:72]))
    with pytest.raises(BadInput, match="window_h = 72: allowed is at most 71"):
        drift(AIR[:71], AIR[:71])


@pytest.mark.parametrize(("window_h", "least"), [(72, 54), (24, 18), (5, 4), (2, 2)])
def test_three_quarters_of_the_hours_are_needed(window_h: int, least: int) -> None:
    assert least == DriftThresholds(window_h=window_h).least_hours


def test_of_each_day_the_newest_window_is_kept() -> None:
    days = [date(2024, 3, 1 + hour // 24) for hour in range(100)]

    found = newest_of_days(drift(AIR[:100], AIR[:100]), days)

    assert [(date(2024, 3, 3), 71), (date(2024, 3, 4), 95), (date(2024, 3, 5), 99)] == [
        (day, window.last_hour) for day, window in found.items()
    ]
