"""Tests of the QARTOD manuals, with the outcomes of IOOS' ioos_qc; pure, vectorised.

All take µg/m³ (None or NaN: absent, flag 9) and return flags 1, 2, 3, 4, 9 (`dust.quality.QcFlag`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dust.errors import BadInput
from dust.quality import QcFlag
from dust.quality_control.arrays import Bools, Flags, Floats, check_length, floats, good_or_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST_VALUES = 3


class SpikeMethod(StrEnum):
    """What a value is compared with.

    `average`: the mean of its two neighbours, which flags the neighbours of a spike as well.
    `differential`: each neighbour by itself, and only where the value is above or below both.
    """

    AVERAGE = "average"
    DIFFERENTIAL = "differential"


def gross_range(
    values: Sequence[float | None] | NDArray[Any],
    fail_span: tuple[float, float],
    suspect_span: tuple[float, float] | None = None,
) -> Flags:
    """Flag what lies outside two spans; the ends of a span belong to it."""
    numbers = floats(values)
    flags = good_or_missing(numbers)
    fail_low, fail_high = sorted(fail_span)
    if suspect_span is not None:
        low, high = sorted(suspect_span)
        if low < fail_low or high > fail_high:
            raise BadInput("suspect_span", suspect_span, f"a span within {fail_low}..{fail_high}")
        flags[(numbers < low) | (numbers > high)] = QcFlag.SUSPECT
    flags[(numbers < fail_low) | (numbers > fail_high)] = QcFlag.FAIL
    return flags


def flat_line(
    values: Sequence[float | None] | NDArray[Any],
    step_s: float,
    suspect_after_s: float,
    fail_after_s: float,
    tolerance: float,
) -> Flags:
    """Flag the last value of each window whose range is *below* `tolerance`.

    A window holds the value and the `after // step` before it. With a tolerance of 0 nothing is
    ever flagged, not even values that are exactly constant: no range is below 0.
    """
    if step_s <= 0:
        raise BadInput("step_s", step_s, "above 0")
    numbers = floats(values)
    flags = good_or_missing(numbers)
    if len(numbers) >= _LEAST_VALUES:
        for after_s, flag in ((suspect_after_s, QcFlag.SUSPECT), (fail_after_s, QcFlag.FAIL)):
            flags[_ends_flat(numbers, int(int(after_s) / step_s), tolerance)] = flag
    flags[np.isnan(numbers)] = QcFlag.MISSING
    return flags


def _ends_flat(numbers: Floats, before: int, tolerance: float) -> Bools:
    """Where a value and the `before` values in front of it span less than `tolerance`."""
    ends = np.zeros(len(numbers), dtype=np.bool_)
    if before < len(numbers):
        absent = np.isnan(numbers)
        high = sliding_window_view(np.where(absent, -np.inf, numbers), before + 1).max(axis=1)
        low = sliding_window_view(np.where(absent, np.inf, numbers), before + 1).min(axis=1)
        ends[before:] = (high >= low) & (high - low < tolerance)
    return ends


def spike(
    values: Sequence[float | None] | NDArray[Any],
    suspect_above: float | None,
    fail_above: float | None = None,
    method: SpikeMethod = SpikeMethod.AVERAGE,
) -> Flags:
    """Flag what stands out from its neighbours by more than a threshold (None: that test is off).

    The first and the last value, and the neighbours of an absent one, are not evaluated (2).
    """
    numbers = floats(values)
    flags = good_or_missing(numbers)
    stands_out = _stands_out(numbers, SpikeMethod(method))
    for above, flag in ((suspect_above, QcFlag.SUSPECT), (fail_above, QcFlag.FAIL)):
        if above is not None:
            flags[stands_out > above] = flag
    flags[np.isnan(stands_out)] = QcFlag.NOT_EVALUATED
    flags[np.isnan(numbers)] = QcFlag.MISSING
    return flags


def _stands_out(numbers: Floats, method: SpikeMethod) -> Floats:
    """By how much each value differs from its neighbours; NaN where one of the three is absent."""
    by = np.full(len(numbers), np.nan)
    before, after = numbers[1:-1] - numbers[:-2], numbers[1:-1] - numbers[2:]
    if method is SpikeMethod.AVERAGE:
        by[1:-1] = np.abs(numbers[1:-1] - (numbers[:-2] + numbers[2:]) / 2)
    else:
        least = np.minimum(np.abs(before), np.abs(after))
        by[1:-1] = np.where(before * after > 0, least, np.minimum(least, 0))
    return by


def rate_of_change(
    values: Sequence[float | None] | NDArray[Any],
    times_s: Sequence[float] | NDArray[Any],
    suspect_per_s: float,
    fail_per_s: float | None = None,
) -> Flags:
    """Flag what differs from the value before it by more than a rate, so the way back as well."""
    numbers, seconds = floats(values), floats(times_s)
    check_length("times_s", seconds, len(numbers))
    flags = good_or_missing(numbers)
    rates = np.zeros(len(numbers))
    with np.errstate(divide="ignore", invalid="ignore"):
        rates[1:] = np.abs(np.diff(numbers) / np.diff(seconds))
    flags[rates > suspect_per_s] = QcFlag.SUSPECT
    if fail_per_s is not None:
        flags[rates > fail_per_s] = QcFlag.FAIL
    return flags
