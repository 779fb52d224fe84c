"""The peers' neighbour rules, re-expressed from what they publish; none of their code is here.

`published`: AirGradient's public map (airgradienthq/airgradient-map, main at 258d6ea, 17 December
2025: outlier service, repository and constants). For each reading that comes in:

1. Not zero, and all readings of the 24 h before it, at least three, equal to it: dropped.
2. Of each station within 10 km, itself included, the nearest reading in time within 2 h that was
   not dropped; with fewer than three of them nothing is said. Mean below 50 ug/m3: dropped when
   more than 30 away from it. Mean of 50 and more: dropped when more than two sample standard
   deviations away.

`proposed`: the same project's branch ah-outlier at cef4cf2 (19 December 2025), at the constants
there: the other stations only, their median and interquartile range / 1.349 for mean and standard
deviation, at least 30 or two such deviations below 50, wider where fewer than three others speak.

Not known: how often the server that runs the map asks each station (here: every reading), and
whether it overrides the constants, which its environment may.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.labelled.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.labelled.background import Floats
    from sim.labelled.labelled_set import LabelledSet
    from sim.labelled.stations import Station
    from sim.labelled.verdict import Bools

    Judge = Callable[[Floats, Floats, Bools], Bools]

_RADIUS_M: Final = 10_000.0
_WITHIN_MIN, _SAME_WITHIN_MIN = 120, 1440
_FEWEST: Final = 3
_HIGH_MEAN_UGM3, _AWAY_UGM3, _AWAY_DEVIATIONS = 50.0, 30.0, 2.0
_IQR_OF_NORMAL = 1.349
_EARTH_M: Final = 6_371_000.0


def published(labelled: LabelledSet) -> Verdict:
    """The rule that the public map runs."""
    return _verdict(labelled, _by_mean)


def proposed(labelled: LabelledSet) -> Verdict:
    """The rule of the branch that followed it."""
    return _verdict(labelled, _by_median)


def _verdict(labelled: LabelledSet, judge: Judge) -> Verdict:
    values = labelled.pm25
    near = near_of(labelled.stations)
    dropped = np.array([same_for_a_day(row) for row in values])
    last = np.full(len(near), np.nan)
    last_minute = np.full(len(near), -math.inf)
    for minute in range(values.shape[1]):
        now = values[:, minute]
        last[minute - last_minute > _WITHIN_MIN] = np.nan
        dropped[:, minute] |= judge(now, last, near)
        kept = ~dropped[:, minute] & ~np.isnan(now)
        last[kept] = now[kept]
        last_minute[kept] = minute
    return Verdict(dropped, dropped, np.zeros_like(dropped))


def same_for_a_day(values: Floats) -> Bools:
    """Whether each value but zero equals all of the day before it, of which three came at least."""
    came = np.flatnonzero(~np.isnan(values))
    told = values[came]
    changes = np.flatnonzero(np.diff(told, prepend=np.nan) != 0)
    run_begin = changes[np.searchsorted(changes, np.arange(told.size), side="right") - 1]
    window_begin = np.searchsorted(came, came - _SAME_WITHIN_MIN)
    enough = np.arange(told.size) - window_begin >= _FEWEST
    same = np.zeros(values.size, dtype=bool)
    same[came] = (told != 0) & enough & (run_begin <= window_begin)
    return same


def near_of(stations: Sequence[Station]) -> Bools:
    """Which station is within 10 km of which; each of itself, too."""
    return np.array([[_apart_m(a, b) <= _RADIUS_M for b in stations] for a in stations])


def _by_mean(now: Floats, last: Floats, near: Bools) -> Bools:
    spoken = near & ~np.isnan(last)
    count = spoken.sum(axis=1)
    if count.max(initial=0) < _FEWEST:
        return np.zeros(now.size, dtype=bool)
    others = np.where(spoken, last, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = others.sum(axis=1) / count
        square = np.where(spoken, (others - mean[:, np.newaxis]) ** 2, 0.0).sum(axis=1)
        deviations = np.abs(now - mean) / np.sqrt(square / (count - 1))
    is_far = np.abs(now - mean) > _AWAY_UGM3
    verdict = np.where(mean >= _HIGH_MEAN_UGM3, deviations > _AWAY_DEVIATIONS, is_far)
    return np.asarray(verdict & (count >= _FEWEST))


def _by_median(now: Floats, last: Floats, near: Bools) -> Bools:
    spoken = near & ~np.isnan(last) & ~np.eye(now.size, dtype=bool)
    count = spoken.sum(axis=1)
    ranked = np.sort(np.where(spoken, last, np.inf), axis=1)
    low, middle, high = (_quantile(ranked, count, share) for share in (0.25, 0.5, 0.75))
    scale = (high - low) / _IQR_OF_NORMAL
    wider = np.sqrt(np.maximum(_FEWEST / np.maximum(count, 1), 1.0))
    most = np.maximum(_AWAY_UGM3, _AWAY_DEVIATIONS * scale)
    by_scale = (middle >= _HIGH_MEAN_UGM3) & (scale > 0)
    limit = np.where(by_scale, _AWAY_DEVIATIONS * scale, most) * wider
    return np.asarray((np.abs(now - middle) > limit) & (count >= 1))


def _quantile(ranked: Floats, count: NDArray[np.int_], share: float) -> Floats:
    """Between ranks in proportion, of the first `count` of each row; 0 where there is none."""
    place = share * np.maximum(count - 1, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(ranked))
    first, second = ranked[rows, below], ranked[rows, above]
    first, second = (np.where(count > 0, value, 0.0) for value in (first, second))
    return np.asarray(first + (second - first) * (place - below))


def _apart_m(one: Station, other: Station) -> float:
    """Over a plane: right to a metre at some kilometres."""
    north = math.radians(other.lat - one.lat)
    east = math.radians(other.lon - one.lon) * math.cos(math.radians(one.lat))
    return _EARTH_M * math.hypot(north, east)
