"""Looking near first, and far only where something seems stuck, finds every flag that changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dust.claims import claims_table
from dust.pollutants import Pollutant
from dust.quality_control import (
    SensorSeries,
    check_series,
    looks_for_ms,
    near_reach_ms,
    reach_ms,
)

MODEL = claims_table().model("pms5003")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PIECES = st.lists(
    st.tuples(
        st.sampled_from(["moving", "stuck", "flicker", "silent", "zero", "sparse"]),
        st.integers(1, 420),
        st.integers(11, 90),
    ),
    min_size=1,
    max_size=6,
)


def air(pieces: list[tuple[str, int, int]], seed: int) -> tuple[list[int], list[float]]:
    """A value a minute, made of pieces; a silent one has none."""
    dice = np.random.default_rng(seed)
    times, values, now = [], [], 0
    for kind, minutes, level in pieces:
        made = {
            "moving": level + dice.normal(0, 3, minutes),
            "stuck": np.full(minutes, float(level)),
            "flicker": level + (dice.random(minutes) < 0.2).astype(float),
            "zero": np.zeros(minutes),
            "sparse": level + (dice.random(-(-minutes // 9)) < 0.2).astype(float),
            "silent": np.empty(0),
        }[kind]
        apart = 9 if kind == "sparse" else 1
        times += [(now + index * apart) * MINUTE_MS for index in range(len(made))]
        values += [round(max(0.0, value), 3) for value in made.tolist()]
        now += minutes
    return times, values


def flags(times: list[int], values: list[float]) -> dict[int, tuple[int, int]]:
    series = SensorSeries.from_columns(times, {Pollutant.PM25: values})
    outcome = check_series(series, MODEL, 60)
    told = zip(outcome.flags[Pollutant.PM25].tolist(), outcome.tests.tolist(), strict=True)
    return dict(zip(times, told, strict=True))


def within(times: list[int], values: list[float], start: int, end: int) -> Any:
    kept = [(t, v) for t, v in zip(times, values, strict=True) if start <= t < end]
    return [t for t, _ in kept], [v for _, v in kept]


def judged_again(times: list[int], values: list[float], hour: int) -> dict[int, tuple[int, int]]:
    """What the worker would write for a dirty hour: by the near window, or by the far one."""
    near = near_reach_ms(MODEL, 60)
    loaded = within(times, values, hour - 2 * near, hour + HOUR_MS + 2 * near)
    series = SensorSeries.from_columns(loaded[0], {Pollutant.PM25: loaded[1]})
    stuck = len(loaded[0]) and looks_for_ms(series, MODEL, 60).max() >= near
    reach = reach_ms(MODEL, 60) if stuck else near
    loaded = within(times, values, hour - 2 * reach, hour + HOUR_MS + 2 * reach)
    found = flags(*loaded) if loaded[0] else {}
    return {t: told for t, told in found.items() if hour - reach <= t < hour + HOUR_MS + reach}


@example(  # values nine minutes apart: no sixteen of them lie within what is fetched
    pieces=[("moving", 1, 11), ("moving", 360, 11), ("silent", 77, 11), ("sparse", 143, 11)],
    seed=0,
    hour=6,
    late={0},
)
@given(
    pieces=PIECES,
    seed=st.integers(0, 9999),
    hour=st.integers(0, 40),
    late=st.sets(st.integers(0, 59), min_size=1, max_size=60),
)
def test_a_late_part_of_an_hour_leaves_no_flag_as_it_should_not_be(
    pieces: list[tuple[str, int, int]], seed: int, hour: int, late: set[int]
) -> None:
    times, values = air(pieces, seed)
    start = hour * HOUR_MS
    is_late = [start <= t < start + HOUR_MS and (t - start) // MINUTE_MS in late for t in times]
    early = [(t, v) for t, v, missing in zip(times, values, is_late, strict=True) if not missing]
    stored = flags([t for t, _ in early], [v for _, v in early]) if early else {}

    stored |= judged_again(times, values, start) if any(is_late) else {}

    assert stored == (flags(times, values) if times else {})
