"""The Hampel identifier: far from the median of its neighbourhood, in units of its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dust.quality import QcFlag
from dust.quality_control.arrays import Flags, floats, good_or_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIGMA_OF_MAD: Final = 1.4826
"""Standard deviations in one median absolute deviation of a normal distribution."""


def hampel(
    values: Sequence[float | None] | NDArray[Any],
    k: int,
    n_sigma: float,
    min_sigma_ugm3: float = 0,
) -> Flags:
    """Mark as suspect what is more than `n_sigma` from the median of itself and `k` on each side.

    Windows are cut at the ends; absent values (None, NaN: flag 9) are left out of them. Without
    `min_sigma_ugm3` a lone outlier among equal values is never flagged, for their spread is 0. A
    real burst of dust is flagged as readily as a fault, so this only ever advises.
    """
    numbers = floats(values)
    flags = good_or_missing(numbers)
    present = np.flatnonzero(~np.isnan(numbers))
    if not len(present):
        return flags
    padded = np.pad(numbers, k, constant_values=np.nan)
    windows = sliding_window_view(padded, 2 * k + 1)[present]  # each holds its own centre
    median = np.nanmedian(windows, axis=1)
    mad = np.nanmedian(np.abs(windows - median[:, np.newaxis]), axis=1)
    sigma = np.maximum(_SIGMA_OF_MAD * mad, min_sigma_ugm3)
    far = (np.abs(numbers[present] - median) > n_sigma * sigma) & (sigma > 0)
    flags[present[far]] = QcFlag.SUSPECT
    return flags
