"""Gain and offset of a sensor against a proxy over the last days: an alarm, never a correction.

Mean and standard deviation are matched over a running window (MOMA). In a network of PM10 sensors
such a drift went with what the particles were made of and not with the instruments (the MOMA paper
on PM; docs/corrections.md): a correction that followed it would erase real dust.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from dust.calibration.arrays import Floats


class GainOffset(NamedTuple):
    """proxy ~ gain * sensor + offset; offset in µg/m³."""

    gain: float
    offset: float


@dataclass(frozen=True, slots=True)
class DriftThresholds:
    """When a drift is told. Window after the MOMA papers; the other defaults are decided here."""

    window_h: int = 72
    min_share: float = 0.75
    """The share of the window's hours in which both must have a value."""
    least_gain: float = 0.7
    most_gain: float = 1.3
    most_offset_ugm3: float = 10.0

    def __post_init__(self) -> None:
        if self.window_h < 2:  # noqa: PLR2004  (one value has no spread)
            raise BadInput("window_h", self.window_h, "2 or more")
        if not 0 < self.min_share <= 1:
            raise BadInput("min_share", self.min_share, "above 0, to 1")
        if not 0 < self.least_gain < self.most_gain:
            raise BadInput("least_gain", self.least_gain, f"above 0, below {self.most_gain}")
        if self.most_offset_ugm3 < 0:
            raise BadInput("most_offset_ugm3", self.most_offset_ugm3, "0 or more")

    @property
    def least_hours(self) -> int:
        """The hours that both must have in a window."""
        return ceil(self.min_share * self.window_h)


class Drift(NamedTuple):
    """One window, named by the index of its last hour; `alarms` says what is out of bounds."""

    last_hour: int
    n: int
    estimate: GainOffset | None
    alarms: tuple[str, ...]


def gain_offset(sensor: Floats, proxy: Floats) -> GainOffset | None:
    """What gives the sensor the proxy's mean and spread; None where the sensor has no spread."""
    both = ~np.isnan(sensor) & ~np.isnan(proxy)
    sensor, proxy = sensor[both], proxy[both]
    if len(sensor) < 2 or np.ptp(sensor) == 0:  # noqa: PLR2004  (one value has no spread)
        return None
    gain = float(proxy.std() / sensor.std())
    return GainOffset(gain, float(proxy.mean() - gain * sensor.mean()))


def drift(sensor: Floats, proxy: Floats, thresholds: DriftThresholds | None = None) -> list[Drift]:
    """Every full window, from the oldest to the newest.

    Args:
        sensor: hourly means, µg/m³, one for each hour without a gap; NaN where there is none.
        proxy: the same hours of a station that sees like air (other places differ for good reason).
        thresholds: when a drift is told.

    Raises:
        BadInput: series of unlike length, or shorter than the window.
    """
    limits = thresholds or DriftThresholds()
    if len(sensor) != len(proxy):
        raise BadInput("proxy", f"{len(proxy)} hours", f"{len(sensor)}, as the sensor has")
    if limits.window_h > len(sensor):
        raise BadInput("window_h", limits.window_h, f"at most {len(sensor)}, the hours of the span")
    return [
        _window(last, sensor, proxy, limits) for last in range(limits.window_h - 1, len(sensor))
    ]


def newest_of_days(windows: Iterable[Drift], days: Sequence[date]) -> dict[date, Drift]:
    """The last window that ends on each day; `days` has the day of every hour of the series."""
    return {days[window.last_hour]: window for window in windows}


def _window(last: int, sensor: Floats, proxy: Floats, limits: DriftThresholds) -> Drift:
    window = slice(last + 1 - limits.window_h, last + 1)
    told, beside = sensor[window], proxy[window]
    n = int((~np.isnan(told) & ~np.isnan(beside)).sum())
    estimate = gain_offset(told, beside) if n >= limits.least_hours else None
    return Drift(last, n, estimate, () if estimate is None else tuple(_alarms(estimate, limits)))


def _alarms(estimate: GainOffset, limits: DriftThresholds) -> list[str]:
    found = []
    if not limits.least_gain <= estimate.gain <= limits.most_gain:
        allowed = f"{limits.least_gain:g} to {limits.most_gain:g}"
        found.append(f"gain {estimate.gain:.2f}: allowed is {allowed}")
    if abs(estimate.offset) > limits.most_offset_ugm3:
        allowed = f"±{limits.most_offset_ugm3:g}"
        found.append(f"offset {estimate.offset:.1f} µg/m³: allowed is {allowed}")
    return found
