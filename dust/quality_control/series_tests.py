"""Tests that look along the series: warm-up, stuck values, spikes, rate of change.

None looks across a silence, so what a reading can change lies within `reach_ms` of it, and flags
depend on the readings there, not on the order in which they came.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from dust.quality import QcFlag, QcTest
from dust.quality_control.qartod import SpikeMethod, spike
from dust.quality_control.track import Track, after_silence
from dust.quality_control.value_tests import judge_values
from dust.quality_control.verdicts import Outcome, Verdicts
from dust.quality_control.windows import within

if TYPE_CHECKING:
    from dust.claims import SensorModel
    from dust.pollutants import Pollutant
    from dust.quality_control.arrays import Bools, Ints
    from dust.quality_control.series import SensorSeries


def check_series(series: SensorSeries, model: SensorModel, sampling_interval_s: float) -> Outcome:
    """Flags by all tests, those that look along the series included.

    A reading stands for [t - sampling interval, t]. Raises `BadInput` for times that go back.
    """
    series.check_ascending()
    verdicts = Verdicts(series, model)
    judge_values(verdicts)
    step_ms = _step_ms(model.qc.gap_s, sampling_interval_s)
    _judge_warm_up(verdicts, _step_ms(model.qc.warm_up.gap_s, sampling_interval_s))
    for pollutant, values in verdicts.values.items():
        track = Track.of(series.times_ms, values, step_ms)
        _judge_flat_line(verdicts, pollutant, track)
        _judge_flicker(verdicts, pollutant, track)
        _judge_spikes(verdicts, pollutant, track)
        _judge_rates(verdicts, pollutant, track, sampling_interval_s)
    return verdicts.outcome()


def reach_ms(model: SensorModel, sampling_interval_s: float) -> int:
    """How far, both ways, a reading may change the flags of another (both ends included)."""
    step_ms = _step_ms(model.qc.gap_s, sampling_interval_s)
    reaches = [near_reach_ms(model, sampling_interval_s)]
    rule, flicker = model.qc.flat_line, model.qc.flicker
    if rule.enabled:
        # Of a longer run, as much as its verdict needs lies within: its time and its number.
        reaches += [ceil(rule.fail_after_s * 1000 + step_ms)]
        reaches += [ceil((rule.fail_min_values - 1) * step_ms)]
    if flicker.enabled:
        reaches += [ceil((flicker.min_values - 1) * step_ms)]
    return max(reaches)


def near_reach_ms(model: SensorModel, sampling_interval_s: float) -> int:
    """The same where no verdict needs that long, less one step (`looks_for_ms`).

    Then every run of equal values and every stretch of least number that a reading begins, ends or
    parts lies within the reach whole. Most air is like that, and the readings around it need not be
    fetched as far as a stuck sensor's.
    """
    step_ms = _step_ms(model.qc.gap_s, sampling_interval_s)
    reaches = [2 * step_ms]
    warm_up, flicker = model.qc.warm_up, model.qc.flicker
    if warm_up.enabled:
        after_gap_ms = _step_ms(warm_up.gap_s, sampling_interval_s)
        reaches.append(warm_up.warm_up_s * 1000 + after_gap_ms)
    if flicker.enabled:
        reaches.append(flicker.suspect_after_s * 1000 + step_ms)
    return ceil(max(reaches))


def looks_for_ms(series: SensorSeries, model: SensorModel, sampling_interval_s: float) -> Ints:
    """For each reading how long the tests look along from it, a step added.

    That is its longest run of equal values, or as long as its next values take to be as many as the
    test of flicker needs.
    """
    step_ms = _step_ms(model.qc.gap_s, sampling_interval_s)
    longest = np.zeros(len(series.times_ms), np.int64)
    for pollutant in model.pollutants:
        values = series.values.get(pollutant)
        if values is None:
            continue
        track = Track.of(series.times_ms, values, step_ms)
        if model.qc.flat_line.enabled:
            lasted_ms, _ = _runs(track, model.qc.flat_line.tolerance_ugm3)
            longest = np.maximum(longest, track.spread_ms(lasted_ms))
        if model.qc.flicker.enabled:
            taken_ms = _until_enough(track, model.qc.flicker.min_values)
            longest = np.maximum(longest, track.spread_ms(taken_ms))
    return longest + ceil(step_ms)


def _until_enough(track: Track, min_values: int) -> Ints:
    """From each instant the time until so many have been, or until the silence or the end before.

    What lies behind the end is not known, so a stretch that is cut there counts as far as it goes.
    """
    n = len(track.times_ms)
    bounds = np.append(np.flatnonzero(track.after_silence), n)
    last_together = np.repeat(bounds[1:] - 1, np.diff(bounds))
    until = np.minimum(np.arange(n) + min_values - 1, last_together)
    taken_ms: Ints = track.times_ms[until] - track.times_ms
    return taken_ms


def _step_ms(gap_s: float, sampling_interval_s: float) -> float:
    """From here on, two readings' times have a gap between the intervals that they stand for."""
    return (gap_s + sampling_interval_s) * 1000


def _judge_warm_up(verdicts: Verdicts, step_ms: float) -> None:
    rule, times_ms = verdicts.model.qc.warm_up, verdicts.series.times_ms
    if not rule.enabled or not len(times_ms):
        return
    silence = after_silence(times_ms, step_ms)
    began = np.maximum.accumulate(np.where(silence, np.arange(len(times_ms)), 0))
    warming = times_ms - times_ms[began] < rule.warm_up_s * 1000
    verdicts.say_of_readings(warming, QcFlag.SUSPECT, QcTest.WARM_UP)


def _judge_flat_line(verdicts: Verdicts, pollutant: Pollutant, track: Track) -> None:
    """The whole run: its first part is as stuck as its last.

    Zeros are suspect at most where the model says so: after rain a cheap optical sensor truly reads
    nothing.
    """
    rule = verdicts.model.qc.flat_line
    if not rule.enabled:
        return
    verdicts.say(
        pollutant,
        _stuck(track, rule.tolerance_ugm3, rule.suspect_after_s, rule.suspect_min_values),
        QcFlag.SUSPECT,
        QcTest.FLAT_LINE,
    )
    stuck = _stuck(track, rule.tolerance_ugm3, rule.fail_after_s, rule.fail_min_values)
    if not rule.zeros_may_fail:
        stuck &= verdicts.values[pollutant] != 0
    verdicts.say(pollutant, stuck, QcFlag.FAIL, QcTest.FLAT_LINE)


def _stuck(track: Track, tolerance_ugm3: float, after_s: float, min_values: int) -> Bools:
    """Readings in a run that has lasted so long and has so many values."""
    lasted_ms, counts = _runs(track, tolerance_ugm3)
    return track.readings_at((lasted_ms >= after_s * 1000) & (counts >= min_values))


def _runs(track: Track, tolerance_ugm3: float) -> tuple[Ints, Ints]:
    """For each instant how long its run lasts and how many it has.

    In a run each is within the tolerance of the one before, and there is no silence.
    """
    n = len(track.times_ms)
    if not n:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    begins = track.after_silence.copy()
    spread = np.maximum(track.high[1:], track.high[:-1]) - np.minimum(track.low[1:], track.low[:-1])
    begins[1:] |= ~(spread < tolerance_ugm3)
    first = np.flatnonzero(begins)
    counts = np.diff(np.append(first, n))
    lasted_ms = track.times_ms[first + counts - 1] - track.times_ms[first]
    return np.repeat(lasted_ms, counts), np.repeat(counts, counts)


def _judge_flicker(verdicts: Verdicts, pollutant: Pollutant, track: Track) -> None:
    """Stuck but for a step now and then: hardly moving air looks alike, so suspect at most."""
    rule = verdicts.model.qc.flicker
    if rule.enabled:
        spread_ugm3 = rule.within_ugm3 + verdicts.model.qc.flat_line.tolerance_ugm3
        near = within(track, spread_ugm3, rule.suspect_after_s * 1000, rule.min_values)
        moved = track.readings_at(near) & (verdicts.values[pollutant] > rule.above_ugm3)
        verdicts.say(pollutant, moved, QcFlag.SUSPECT, QcTest.FLAT_LINE)


def _judge_spikes(verdicts: Verdicts, pollutant: Pollutant, track: Track) -> None:
    rule = verdicts.model.qc.spike
    if rule.enabled and len(track.times_ms):
        flags = spike(track.middle, rule.suspect_above_ugm3, method=SpikeMethod.DIFFERENTIAL)
        before_silence = np.append(track.after_silence[1:], True)
        alone = (flags == QcFlag.SUSPECT) & ~track.after_silence & ~before_silence
        verdicts.say(pollutant, track.readings_at(alone), QcFlag.SUSPECT, QcTest.SPIKE)


def _judge_rates(
    verdicts: Verdicts, pollutant: Pollutant, track: Track, sampling_interval_s: float
) -> None:
    """A reading is a mean over its interval: it cannot have changed in less than that."""
    rule = verdicts.model.qc.rate_of_change
    if rule.enabled and len(track.times_ms):
        steps_s = np.maximum(np.diff(track.times_ms) / 1000, sampling_interval_s)
        fast = ~track.after_silence
        fast[1:] &= np.abs(np.diff(track.middle)) > rule.suspect_above_ugm3_per_s * steps_s
        verdicts.say(pollutant, track.readings_at(fast), QcFlag.SUSPECT, QcTest.RATE_OF_CHANGE)
