"""Windows of a track, and how far the values in each are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dust.quality_control.arrays import Bools, Floats, Ints
    from dust.quality_control.track import Track


def within(track: Track, spread_ugm3: float, lasts_ms: float, min_values: int) -> Bools:
    """The instants in any window of this time and number whose values are no further apart.

    A window begins at an instant and ends at the first that makes it long enough; none holds a
    silence.
    """
    n = len(track.times_ms)
    marks = np.zeros(n + 1, np.int64)
    starts = np.arange(n)
    ends = np.searchsorted(track.times_ms, track.times_ms + lasts_ms)
    ends = np.maximum(ends, starts + min_values - 1)
    starts = starts[ends < n]
    ends = ends[starts]
    silences = np.cumsum(track.after_silence)
    whole = silences[starts] == silences[ends]
    starts, ends = starts[whole], ends[whole]
    narrow = _spreads(track.low, track.high, starts, ends) <= spread_ugm3
    np.add.at(marks, starts[narrow], 1)
    np.add.at(marks, ends[narrow] + 1, -1)
    return np.asarray(np.cumsum(marks[:-1]) > 0, dtype=np.bool_)


def _spreads(low: Floats, high: Floats, starts: Ints, ends: Ints) -> Floats:
    """Greatest less least value from each start to its end, both included.

    Two overlapping stretches of a power of two cover any window, and the extremes of all stretches
    of one length follow from those of half the length.
    """
    spreads = np.empty(len(starts))
    power_of = np.log2(ends - starts + 1).astype(np.int64)
    for power in range(int(power_of.max(initial=-1)) + 1):
        length = 2**power
        at = np.flatnonzero(power_of == power)
        first, last = starts[at], ends[at] - length + 1
        spreads[at] = np.maximum(high[first], high[last]) - np.minimum(low[first], low[last])
        high = np.maximum(high[:-length], high[length:])
        low = np.minimum(low[:-length], low[length:])
    return spreads
