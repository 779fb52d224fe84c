"""Tests that need one reading only: sign, range, saturation, order, channels, humidity, clock."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from dust.quality import QcFlag, QcTest
from dust.quality_control.channels import channel_agreement
from dust.quality_control.verdicts import Outcome, Verdicts

if TYPE_CHECKING:
    from dust.claims import SensorModel
    from dust.quality_control.series import SensorSeries


def check_values(series: SensorSeries, model: SensorModel) -> Outcome:
    """Flags by the tests that need one reading only; the order of readings does not matter."""
    verdicts = Verdicts(series, model)
    judge_values(verdicts)
    return verdicts.outcome()


def judge_values(verdicts: Verdicts) -> None:
    """Let every test of single readings speak."""
    _judge_ranges(verdicts)
    _judge_saturation(verdicts)
    _judge_order(verdicts)  # after those that fail: a failed value contradicts nobody
    _judge_channels(verdicts)
    _judge_humidity(verdicts)
    verdicts.say_clock_ahead(verdicts.series.clock_ahead)


def _judge_ranges(verdicts: Verdicts) -> None:
    for pollutant, values in verdicts.values.items():
        plausible = verdicts.model.pollutants[pollutant].plausible
        below = values < _single(plausible.fail_below_ugm3)
        above = values > _single(plausible.suspect_above_ugm3)
        verdicts.say(pollutant, below, QcFlag.FAIL, QcTest.NEGATIVE)
        verdicts.say(pollutant, above, QcFlag.SUSPECT, QcTest.RANGE)
        garbage = values > verdicts.model.qc.range.fail_above_ugm3
        verdicts.say(pollutant, garbage, QcFlag.FAIL, QcTest.RANGE)


def _single(limit: float) -> float:
    """A limit in the precision in which values are stored: the value "999.9" is not above 999.9."""
    return float(np.float32(limit))


def _judge_saturation(verdicts: Verdicts) -> None:
    rule = verdicts.model.qc.saturation
    for pollutant, values in verdicts.values.items():
        top = rule.tops_ugm3.get(pollutant)
        if top is not None:
            full = np.abs(values - top) <= rule.tolerance_ugm3
            verdicts.say(pollutant, full, QcFlag.FAIL, QcTest.SATURATION)


def _judge_order(verdicts: Verdicts) -> None:
    rule = verdicts.model.qc.pm_order
    if not rule.enabled:
        return
    for smaller, larger in combinations(verdicts.values, 2):  # in the order of their sizes
        inner, outer = verdicts.not_failed(smaller), verdicts.not_failed(larger)
        allowed = outer + rule.tolerance_ugm3 + rule.tolerance_share * np.abs(outer)
        verdicts.say_of_readings(inner > allowed, QcFlag.SUSPECT, QcTest.PM_ORDER)


def _judge_channels(verdicts: Verdicts) -> None:
    """All values of the reading: they come from the two channels that contradict each other."""
    if verdicts.model.qc.channels is None:
        return
    rule = verdicts.model.qc.channel_agreement
    absent = np.full(len(verdicts.series.times_ms), np.nan)
    a, b = verdicts.series.channels or (absent, absent)
    unsure = ~channel_agreement(a, b, rule.suspect_share, rule.beyond_ugm3).keep
    wrong = ~channel_agreement(a, b, rule.fail_share, rule.beyond_ugm3).keep & ~np.isnan(a + b)
    verdicts.say_of_readings(unsure, QcFlag.SUSPECT, QcTest.CHANNELS)
    verdicts.say_of_readings(wrong, QcFlag.FAIL, QcTest.CHANNELS)


def _judge_humidity(verdicts: Verdicts) -> None:
    rule = verdicts.model.qc.humidity
    if rule.enabled:
        wet = verdicts.series.rh > rule.suspect_above_percent
        verdicts.say_of_readings(wet, QcFlag.SUSPECT, QcTest.HUMIDITY)
