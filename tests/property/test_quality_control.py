"""Flags depend on what lies within reach, never on order; the QARTOD tests agree with ioos_qc."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fixtures.absence import absent
from hypothesis import given
from hypothesis import strategies as st

from dust.claims import SensorModel, claims_table
from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest
from dust.quality_control import (
    Outcome,
    SensorSeries,
    SpikeMethod,
    check_series,
    check_values,
    flat_line,
    gross_range,
    hampel,
    rate_of_change,
    reach_ms,
    spike,
)
from dust.quality_control.track import Track
from dust.quality_control.windows import within

if TYPE_CHECKING:
    from collections.abc import Sequence

PM25, PM10 = Pollutant.PM25, Pollutant.PM10
Reading = tuple[int, float | None, float | None, float | None]
"""Epoch ms, PM2.5, PM10, relative humidity."""


def small_model() -> SensorModel:
    """A PMS5003 whose times are short, so that small series know every case."""
    model = claims_table().model("pms5003")
    qc = model.qc
    flicker = {"suspect_after_s": 120, "min_values": 4}
    flat = {"suspect_after_s": 180, "fail_after_s": 300, "fail_min_values": 5}
    return model.model_copy(
        update={
            "qc": qc.model_copy(
                update={
                    "gap_s": 120,
                    "warm_up": qc.warm_up.model_copy(update={"gap_s": 100, "warm_up_s": 90}),
                    "flicker": qc.flicker.model_copy(update=flicker),
                    "flat_line": qc.flat_line.model_copy(update=flat),
                }
            )
        }
    )


MODEL, INTERVAL_S = small_model(), 60
VALUES = st.sampled_from([None, 0.0, 20.0, 20.0, 20.0, 21.0, 300.0, -1.0, 1500.0])
STEPS_MS = st.sampled_from([0, 1, 60_000, 60_000, 60_000, 90_000, 179_999, 180_000, 400_000])
READINGS = st.lists(
    st.tuples(STEPS_MS, VALUES, VALUES, st.sampled_from([None, 40.0, 99.0])), max_size=30
)


def series_of(steps: Sequence[tuple[int, Any, Any, Any]]) -> list[Reading]:
    times = np.cumsum([step for step, *_ in steps]).tolist() if steps else []
    return [(time, *rest) for time, (_, *rest) in zip(times, steps, strict=True)]


def judged(readings: Sequence[Reading]) -> list[tuple[int, ...]]:
    """Flags of PM2.5 and PM10 and the tests of each reading."""
    columns = [list(column) for column in zip(*readings, strict=True)] or [[], [], [], []]
    times, pm25, pm10, rh = columns
    series = SensorSeries.from_columns(times, {PM25: pm25, PM10: pm10}, rh)
    return rows_of(check_series(series, MODEL, INTERVAL_S))


def rows_of(outcome: Outcome) -> list[tuple[int, ...]]:
    columns = (outcome.flags[PM25], outcome.flags[PM10], outcome.tests)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(steps=READINGS, data=st.data())
def test_what_is_out_of_reach_changes_nothing(
    steps: list[tuple[int, Any, Any, Any]], data: st.DataObject
) -> None:
    readings = series_of(steps)
    if not readings:
        return
    at = data.draw(st.integers(0, len(readings) - 1))
    reach, time = reach_ms(MODEL, INTERVAL_S), readings[at][0]
    near = [place for place, each in enumerate(readings) if abs(each[0] - time) <= reach]

    alone = judged([readings[place] for place in near])

    assert judged(readings)[at] == alone[near.index(at)]


@given(steps=READINGS, data=st.data())
def test_the_order_of_arrival_changes_nothing(
    steps: list[tuple[int, Any, Any, Any]], data: st.DataObject
) -> None:
    readings = series_of(steps)
    places = data.draw(st.permutations(range(len(readings))))
    by_time = sorted(places, key=lambda place: readings[place][0])

    again = judged([readings[place] for place in by_time])

    told = judged(readings)
    assert [told[place] for place in by_time] == again


@given(steps=READINGS)
def test_the_series_only_makes_flags_worse(steps: list[tuple[int, Any, Any, Any]]) -> None:
    readings = series_of(steps)
    columns = [list(column) for column in zip(*readings, strict=True)] or [[], [], [], []]
    series = SensorSeries.from_columns(columns[0], {PM25: columns[1], PM10: columns[2]}, columns[3])

    alone = rows_of(check_values(series, MODEL))
    along = rows_of(check_series(series, MODEL, INTERVAL_S))

    for (*before, bits), (*after, more_bits) in zip(alone, along, strict=True):
        assert all(new >= old for old, new in zip(before, after, strict=True))
        assert bits & more_bits == bits


PLUMES = st.lists(st.tuples(st.integers(1, 120), st.floats(1, 30)), min_size=1, max_size=6)


@given(plumes=PLUMES, seed=st.integers(0, 10_000))
def test_a_plume_of_any_shape_never_fails(plumes: list[tuple[int, float]], seed: int) -> None:
    noise = np.random.default_rng(seed)
    level = np.concatenate([np.full(minutes, 30.0 * factor) for minutes, factor in plumes])
    values = (level * noise.uniform(0.9, 1.1, len(level)) + 1).round(3)
    times = np.arange(len(values)) * 60_000
    series = SensorSeries.from_columns(times.tolist(), {PM25: values.tolist()})

    outcome = check_series(series, claims_table().model("pms5003"), 60)

    assert QcFlag.FAIL not in outcome.flags[PM25]


@given(
    before=st.integers(0, 30),
    stuck=st.integers(361, 480),
    after=st.integers(0, 30),
    level=st.floats(0.5, 900),
)
def test_all_of_a_stuck_run_fails_wherever_it_lies(
    before: int, stuck: int, after: int, level: float
) -> None:
    sound = [round(1000 + 7 * (place % 2) + place * 0.01, 3) for place in range(before + after)]
    values = sound[:before] + [round(level, 3)] * stuck + sound[before:]
    times = [place * 60_000 for place in range(len(values))]
    series = SensorSeries.from_columns(times, {PM25: values})

    outcome = check_series(series, claims_table().model("pms5003"), 60)

    run = outcome.flags[PM25][before : before + stuck]
    others = np.delete(outcome.tests, slice(before, before + stuck))
    assert {int(QcFlag.FAIL)} == set(run.tolist())
    assert not (others & QcTest.FLAT_LINE).any()


@given(steps=READINGS, lasts_min=st.integers(1, 5), min_values=st.integers(3, 6))
def test_a_window_is_narrow_when_its_extremes_are(
    steps: list[tuple[int, Any, Any, Any]], lasts_min: int, min_values: int
) -> None:
    readings = [each for each in series_of(steps) if each[1] is not None]
    times = np.array([each[0] for each in readings], dtype=np.int64)
    values = np.array([each[1] for each in readings], dtype=np.float64)
    track = Track.of(times, values, 180_000)
    lasts_ms, n = lasts_min * 60_000, len(track.times_ms)
    expected = [False] * n
    for first in range(n):
        long = (
            last
            for last in range(first + min_values - 1, n)
            if track.times_ms[last] - track.times_ms[first] >= lasts_ms
        )
        last = next(long, None)
        if last is not None and not track.after_silence[first + 1 : last + 1].any():
            span = slice(first, last + 1)
            if track.high[span].max() - track.low[span].min() <= 1:
                expected[span] = [True] * (last + 1 - first)

    assert expected == within(track, 1, lasts_ms, min_values).tolist()


# --- A second opinion -----------------------------------------------------------------------------
NUMBERS = st.lists(
    st.one_of(st.none(), st.integers(-50, 1500), st.sampled_from([20, 20.5, 21])),
    min_size=3,
    max_size=40,
)


@pytest.fixture(scope="module")
def qartod() -> Any:
    try:
        from ioos_qc import qartod as theirs  # noqa: PLC0415  (heavy, and only these tests need it)
    except ImportError as error:
        absent("ioos_qc", str(error))
    return theirs


def numbers(values: Sequence[float | None]) -> list[float]:
    return [np.nan if value is None else float(value) for value in values]


@given(values=NUMBERS, low=st.integers(-20, 0), high=st.integers(400, 1000))
def test_gross_range_agrees_with_ioos_qc(
    qartod: Any, values: list[float | None], low: int, high: int
) -> None:
    spans = ((low - 10, high + 100), (low, high))

    theirs = qartod.gross_range_test(numbers(values), *spans)

    assert theirs.tolist() == gross_range(values, *spans).tolist()


@given(
    values=NUMBERS,
    step_s=st.sampled_from([10, 60, 900]),
    steps=st.tuples(st.integers(1, 8), st.integers(8, 20)),
    tolerance=st.sampled_from([0, 0.001, 0.6, 2]),
)
def test_flat_line_agrees_with_ioos_qc(
    qartod: Any,
    values: list[float | None],
    step_s: int,
    steps: tuple[int, int],
    tolerance: float,
) -> None:
    after = (steps[0] * step_s, steps[1] * step_s)
    times = [place * step_s for place in range(len(values))]

    theirs = qartod.flat_line_test(numbers(values), times, *after, tolerance)

    assert theirs.tolist() == flat_line(values, step_s, *after, tolerance).tolist()


@given(values=NUMBERS, method=st.sampled_from(SpikeMethod))
def test_spike_agrees_with_ioos_qc(
    qartod: Any, values: list[float | None], method: SpikeMethod
) -> None:
    theirs = qartod.spike_test(numbers(values), 30, 150, str(method))

    assert theirs.tolist() == spike(values, 30, 150, method).tolist()


@given(values=NUMBERS, step_s=st.sampled_from([10, 60, 900]))
def test_rate_of_change_agrees_with_ioos_qc(
    qartod: Any, values: list[float | None], step_s: int
) -> None:
    times = [place * step_s for place in range(len(values))]

    theirs = qartod.rate_of_change_test(numbers(values), times, 0.5, 5)

    assert theirs.tolist() == rate_of_change(values, times, 0.5, 5).tolist()


@given(values=NUMBERS, k=st.integers(0, 4))
def test_the_hampel_identifier_agrees_with_its_definition(
    values: list[float | None], k: int
) -> None:
    for place, flag in enumerate(hampel(values, k, 3)):
        window = [v for v in values[max(0, place - k) : place + k + 1] if v is not None]
        value = values[place]
        if value is None:
            assert flag == QcFlag.MISSING
            continue
        median = float(np.median(window))
        sigma = 1.4826 * float(np.median([abs(v - median) for v in window]))
        far = sigma > 0 and abs(value - median) > 3 * sigma
        assert (QcFlag.SUSPECT if far else QcFlag.GOOD) == flag
