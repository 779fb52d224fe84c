"""Two channels in one housing: whether they say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dust.quality_control.arrays import Bools, Floats, check_length, floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Agreement(NamedTuple):
    """Per pair: whether to keep it, its mean if so, |a-b| in µg/m³ and as a share of the mean."""

    keep: Bools
    absdiff: Floats
    pctdiff: Floats
    mean: Floats


def channel_agreement(
    a: Sequence[float | None] | NDArray[Any],
    b: Sequence[float | None] | NDArray[Any],
    max_share: float,
    beyond_ugm3: float = 5,
) -> Agreement:
    """Compare two channels, µg/m³: kept unless absent or apart by both measures.

    Apart is |a-b| > `beyond_ugm3` and 2|a-b|/(a+b) > `max_share`: the first alone would drop high
    values, the second alone low ones. Where the sum is not above 0 any difference is a whole one.
    Source: Barkjohn 2021, AMT 14, 4617 (5 µg/m³ and 61 %); sensortoolkit (70 %).
    """
    first, second = floats(a), floats(b)
    check_length("b", second, len(first))
    absdiff, total = np.abs(first - second), first + second
    whole = np.where(absdiff == 0, 0, np.where(np.isnan(absdiff), np.nan, np.inf))
    pctdiff = np.divide(2 * absdiff, total, out=whole, where=total > 0)
    keep = ~np.isnan(absdiff) & ~((absdiff > beyond_ugm3) & (pctdiff > max_share))
    return Agreement(keep, absdiff, pctdiff, np.where(keep, total / 2, np.nan))
