"""Straight lines through paired values: ordinary least squares, Deming, Theil-Sen.

`x` is the reference, `y` the sensor (the convention of the US EPA). A fit that the values do not
determine is None: too few of them, or no spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats

_LEAST_FOR_R_SQUARED: Final = 3  # two points always lie on a line
_MOST_FOR_THEIL_SEN: Final = 2000  # two million pairs of points; of more, every k-th point is taken


@dataclass(frozen=True, slots=True)
class Line:
    """y = slope * x + intercept; the intercept in the unit of the values."""

    slope: float
    intercept: float

    def inverse(self) -> Line:
        """The line that gives x from y; the slope must not be 0."""
        return Line(1 / self.slope, -self.intercept / self.slope)

    def of(self, x: Floats) -> Floats:
        return self.slope * x + self.intercept


class _Moments(NamedTuple):
    x: float
    y: float
    xx: float
    yy: float
    xy: float

    def line(self, slope: float) -> Line:
        """The line with this slope through the means."""
        return Line(slope, self.y - slope * self.x)


def ols(x: Floats, y: Floats) -> Line | None:
    """Ordinary least squares of y on x: all of the error is taken to be y's."""
    moments = _moments(x, y)
    if moments is None or moments.xx <= 0:
        return None
    return moments.line(moments.xy / moments.xx)


def deming(x: Floats, y: Floats, error_variance_ratio: float = 1.0) -> Line | None:
    """Least squares with errors in both.

    Args:
        x: the reference.
        y: the sensor.
        error_variance_ratio: the variance of y's error over that of x's.
    """
    moments = _moments(x, y)
    if moments is None or moments.xy == 0:
        return None
    tilt = moments.yy - error_variance_ratio * moments.xx
    root = np.sqrt(tilt * tilt + 4 * error_variance_ratio * moments.xy * moments.xy)
    return moments.line(float((tilt + root) / (2 * moments.xy)))


def theil_sen(x: Floats, y: Floats) -> Line | None:
    """The median of the slopes between all pairs of points; a few wild points do not turn it."""
    step = -(-len(x) // _MOST_FOR_THEIL_SEN)
    if step > 1:
        x, y = x[::step], y[::step]
    first, second = np.triu_indices(len(x), 1)
    across = x[second] - x[first]
    differs = across != 0
    if not differs.any():
        return None
    slope = float(np.median((y[second] - y[first])[differs] / across[differs]))
    return Line(slope, float(np.median(y - slope * x)))


def r_squared(x: Floats, y: Floats) -> float | None:
    """The square of Pearson's correlation, 0 to 1; of fewer than three pairs it says nothing."""
    moments = _moments(x, y)
    if len(x) < _LEAST_FOR_R_SQUARED or moments is None or moments.xx <= 0 or moments.yy <= 0:
        return None
    # Rounding may carry a perfect correlation one digit above 1, which no target allows.
    return min(1.0, moments.xy * moments.xy / (moments.xx * moments.yy))


def _moments(x: Floats, y: Floats) -> _Moments | None:
    if len(x) < 2:  # noqa: PLR2004  (one point has no line)
        return None
    mean_x, mean_y = float(x.mean()), float(y.mean())
    # Equal values whose mean is one rounding off must not look as if they spread.
    off_x = x - mean_x if np.ptp(x) > 0 else np.zeros_like(x)
    off_y = y - mean_y if np.ptp(y) > 0 else np.zeros_like(y)
    return _Moments(
        mean_x, mean_y, float(off_x @ off_x), float(off_y @ off_y), float(off_x @ off_y)
    )
