"""The tests behind the flags, digit for digit as published or run once (tests/golden/standards)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dust.errors import BadInput
from dust.quality_control import (
    BuddyRules,
    Places,
    SpikeMethod,
    buddy_check,
    channel_agreement,
    flat_line,
    gross_range,
    hampel,
    rate_of_change,
    spike,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"


def golden(name: str) -> list[dict[str, Any]]:
    content = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    vectors: list[dict[str, Any]] = content["vectors"]
    return vectors


def flags_of(vector: dict[str, Any]) -> list[int]:
    values = vector["inp"]
    match vector["test"]:
        case "gross_range":
            flags = gross_range(values, vector["fail_span"], vector["suspect_span"])
        case "flat_line":
            after = (vector["suspect_s"], vector["fail_s"])
            flags = flat_line(values, vector["step_s"], *after, vector["tolerance"])
        case "spike":
            method = SpikeMethod(vector["method"])
            flags = spike(values, vector["suspect"], vector["fail"], method)
        case _:
            times_s = [vector["step_s"] * place for place in range(len(values))]
            rates = (vector["suspect_per_s"], vector["fail_per_s"])
            flags = rate_of_change(values, times_s, *rates)
    return [int(flag) for flag in flags]


@pytest.mark.parametrize("vector", golden("qc_qartod"), ids=lambda vector: vector["test"])
def test_the_tests_of_qartod_say_what_ioos_qc_says(vector: dict[str, Any]) -> None:
    assert vector["expected"] == flags_of(vector)


@pytest.mark.parametrize("vector", golden("qc_hampel"))
def test_the_hampel_identifier_advises_by_the_rule(vector: dict[str, Any]) -> None:
    assert vector["flags"] == hampel(vector["x"], vector["k"], vector["n_sigma"]).tolist()


@pytest.mark.parametrize("share", [0.61, 0.70])
@pytest.mark.parametrize("vector", golden("qc_channel_agreement"))
def test_two_channels_agree_by_both_measures(vector: dict[str, Any], share: float) -> None:
    told = channel_agreement([vector["a"]], [vector["b"]], share)

    found = {
        "absdiff": round(float(told.absdiff[0]), 6),
        "pctdiff": round(float(told.pctdiff[0]), 6),
        "keep": bool(told.keep[0]),
        "mean": float(told.mean[0]) if told.keep[0] else None,
    }
    expected = vector[f"thr{round(share * 100)}"]
    assert expected == {name: found[name] for name in expected}


@pytest.mark.parametrize("vector", golden("qc_buddy_titanlib") + golden("qc_buddy_titanlib_more"))
def test_the_buddy_check_says_what_titanlib_says(vector: dict[str, Any]) -> None:
    places = Places(vector["lats"], vector["lons"], vector["elevs"])
    rules = BuddyRules(
        vector["radius"],
        vector["num_min"],
        vector["threshold"],
        vector["max_elev_diff"],
        vector["elev_gradient"],
        vector["min_std"],
        vector["num_iterations"],
    )

    assert vector["expected"] == buddy_check(places, vector["values"], rules).tolist()


# --- What the published examples leave open ------------------------------------------------------
def test_a_lone_outlier_among_equal_values_needs_a_least_sigma() -> None:
    values = [20, 20, 20, 50, 20, 20, 20]

    assert 1 == hampel(values, 2, 3)[3]
    assert 3 == hampel(values, 2, 3, min_sigma_ugm3=5)[3]


def test_absent_values_are_missing_in_every_test() -> None:
    absent: list[float | None] = [None, float("nan"), None, None]
    nines = [9, 9, 9, 9]

    assert nines == gross_range(absent, (0, 1)).tolist()
    assert nines == flat_line(absent, 60, 120, 180, 1).tolist()
    assert nines == spike(absent, 1, 2).tolist()
    assert nines == rate_of_change(absent, [0, 60, 120, 180], 1).tolist()
    assert nines == hampel(absent, 2, 3).tolist()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_short_series_is_no_error(n: int) -> None:
    values = [5.0] * n

    assert [1] * n == flat_line(values, 60, 60, 120, 1).tolist()
    assert [2] * n == spike(values, 1, 2, SpikeMethod.DIFFERENTIAL).tolist()
    assert [1] * n == rate_of_change(values, [60.0 * place for place in range(n)], 1).tolist()
    assert [1] * n == hampel(values, 3, 3).tolist()


def test_the_neighbours_of_an_absent_value_cannot_be_spikes() -> None:
    for method in SpikeMethod:
        assert [2, 2, 9, 2, 3, 2] == spike([1, 9, None, 9, 90, 1], 30, method=method).tolist()


def test_channels_that_cancel_out_disagree_wholly() -> None:
    told = channel_agreement([-10, -1, None], [10, -1, None], 0.61)

    assert [False, True, False] == told.keep.tolist()
    assert [np.inf, 0] == told.pctdiff[:2].tolist()


def test_wrong_parameters_are_named_with_what_is_allowed() -> None:
    with pytest.raises(BadInput, match=r"suspect_span = .*: allowed is a span within 0\.\.10"):
        gross_range([1], (0, 10), (0, 11))
    with pytest.raises(BadInput, match=r"step_s = 0: allowed is above 0"):
        flat_line([1, 2, 3], 0, 60, 120, 1)
    with pytest.raises(BadInput, match=r"times_s = .*: allowed is an array of 2 values"):
        rate_of_change([1, 2], [0], 1)
