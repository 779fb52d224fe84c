"""How sure a share is: Wilson's interval, and a bootstrap over whole episodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_Z: Final = 1.959964  # 95 %
_DRAWS: Final = 2000
_ENDS: Final = (2.5, 97.5)  # percent


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval; None where there was nothing to share."""

    of: int
    share: float | None
    low: float | None
    high: float | None


def wilson(hits: int, of: int) -> Share:
    """Wilson 1927: of independent trials, such as episodes."""
    if not of:
        return Share(0, None, None, None)
    share, z2 = hits / of, _Z * _Z
    middle = share + z2 / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = ((middle + sign * half) / (1 + z2 / of) for sign in (-1, 1))
    return Share(of, share, max(low, 0.0), min(high, 1.0))


def bootstrap(hits: Sequence[int], of: Sequence[int]) -> Share:
    """Of values that come in episodes: whole episodes are drawn, as they stand or fall together."""
    all_hits, all_of = np.array(hits, dtype=float), np.array(of, dtype=float)
    if not all_of.sum():
        return Share(0, None, None, None)
    drawn = np.random.default_rng(0).integers(all_of.size, size=(_DRAWS, all_of.size))
    sums = all_of[drawn].sum(axis=1)
    shares = all_hits[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    low, high = np.percentile(shares, _ENDS)
    return Share(int(all_of.sum()), float(all_hits.sum() / all_of.sum()), float(low), float(high))
