"""Stations against the stations around them: the buddy check of titanlib, for one instant.

With few stations and a dust source that is a point, the one that differs is often the one that is
right. So the outcome is a reason to look at a sensor and never changes a mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dust.errors import BadInput
from dust.quality import QcFlag
from dust.quality_control.arrays import Bools, check_length, floats

if TYPE_CHECKING:
    from dust.qc_parameters import NeighbourParameters

_EARTH_RADIUS_M: Final = 6_378_137.0
_PASS, _DISAGREES = 0, 1

# Numbers are in single precision where titanlib's are: ties would fall differently otherwise.
_Singles = NDArray[np.float32]
_Numbers = Sequence[float | None] | NDArray[Any]


class Places(NamedTuple):
    """Where stations are: degrees north, degrees east, metres above the sea."""

    latitudes: _Numbers
    longitudes: _Numbers
    elevations_m: _Numbers


class BuddyRules(NamedTuple):
    """The parameters of a buddy check; radii and least numbers are one for all or one a station.

    `elev_gradient` is the change of the value per metre of height; `max_elev_diff_m` of 0 or less
    looks at no heights at all.
    """

    radius_m: Sequence[float]
    num_min: Sequence[int]
    threshold: float
    max_elev_diff_m: float = -1
    elev_gradient: float = 0
    min_std: float = 1
    num_iterations: int = 5


def buddy_check(places: Places, values: _Numbers, rules: BuddyRules) -> NDArray[np.int16]:
    """0: agrees, or has too few neighbours to tell; 1: disagrees; 9: absent (None, NaN).

    A value disagrees when it is more than `threshold` spreads from the mean of its neighbours
    within the radius (by a straight line; not those at the very same place). What disagreed in one
    iteration is nobody's neighbour in the next. The spread is that of the neighbours, with that of
    their mean added, and at least `min_std`.
    """
    numbers = floats(values).astype(np.float32)
    near = _near(places, rules, len(numbers))
    adjusted = _adjusted(places, numbers, rules)
    num_min = _one_each("num_min", rules.num_min, len(numbers))
    flags = np.where(np.isnan(numbers), QcFlag.MISSING, _PASS).astype(np.int16)
    for _ in range(rules.num_iterations):
        buddies = near & (flags == _PASS)[np.newaxis, :]
        disagrees = (flags == _PASS) & (
            _spreads_away(numbers, adjusted, buddies, num_min, rules) > np.float32(rules.threshold)
        )
        if not disagrees.any():
            break
        flags[disagrees] = _DISAGREES
    return flags


def disagreeing(
    latitudes: _Numbers, longitudes: _Numbers, values: _Numbers, parameters: NeighbourParameters
) -> Bools:
    """Which stations' values of one hour disagree with those of their neighbours."""
    heights = np.zeros(len(latitudes))
    rules = BuddyRules(
        radius_m=[parameters.radius_m],
        num_min=[parameters.min_neighbours],
        threshold=parameters.threshold,
        min_std=parameters.min_std_ugm3,
        num_iterations=parameters.iterations,
    )
    flags = buddy_check(Places(latitudes, longitudes, heights), values, rules)
    return np.asarray(flags == _DISAGREES, dtype=np.bool_)


def _near(places: Places, rules: BuddyRules, n: int) -> Bools:
    """[i, j]: whether j is within i's radius, elsewhere than i, and not too far up or down."""
    points = _points(places, n)
    apart = points[:, np.newaxis, :] - points[np.newaxis, :, :]
    distances = np.sqrt((apart * apart).sum(axis=2, dtype=np.float32))
    radii = _one_each("radius_m", rules.radius_m, n).astype(np.float32)
    near = (distances <= radii[:, np.newaxis]) & (apart != 0).any(axis=2)
    if rules.max_elev_diff_m > 0:
        near &= np.abs(_climbs(places, n)) <= np.float32(rules.max_elev_diff_m)
    return np.asarray(near, dtype=np.bool_)


def _points(places: Places, n: int) -> _Singles:
    """Stations in space, metres from the middle of the earth, [n, 3]."""
    degrees = []
    for name, numbers in zip(("latitudes", "longitudes"), places[:2], strict=True):
        array = floats(numbers)
        check_length(name, array, n)
        degrees.append(np.radians(array.astype(np.float32).astype(np.float64)))
    north, east = degrees
    unit = (np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north))
    return (np.stack(unit, axis=1) * _EARTH_RADIUS_M).astype(np.float32)


def _climbs(places: Places, n: int) -> _Singles:
    """[i, j]: how much higher i is than j, metres."""
    heights = floats(places.elevations_m).astype(np.float32)
    check_length("elevations_m", heights, n)
    return np.asarray(heights[:, np.newaxis] - heights[np.newaxis, :], dtype=np.float32)


def _adjusted(places: Places, numbers: _Singles, rules: BuddyRules) -> _Singles:
    """[i, j]: the value of j as it would be at i's height."""
    n = len(numbers)
    if rules.max_elev_diff_m <= 0:
        return np.broadcast_to(numbers, (n, n))
    change = _climbs(places, n) * np.float32(rules.elev_gradient)
    return np.asarray(numbers[np.newaxis, :] + change, dtype=np.float32)


def _spreads_away(
    numbers: _Singles,
    adjusted: _Singles,
    buddies: Bools,
    num_min: NDArray[Any],
    rules: BuddyRules,
) -> _Singles:
    """How many spreads each value is from its neighbours' mean; NaN with too few neighbours."""
    count = buddies.sum(axis=1)
    told = np.where(buddies, adjusted, 0).astype(np.float64)
    some = np.maximum(count, 1)
    mean = told.sum(axis=1) / some
    away = np.where(buddies, adjusted - mean[:, np.newaxis], 0)
    variance = (away * away).sum(axis=1) / some
    spread = np.sqrt(variance + variance / some).astype(np.float32)
    spread = np.maximum(spread, np.float32(rules.min_std))
    with np.errstate(divide="ignore", invalid="ignore"):
        spreads = np.abs(numbers - mean.astype(np.float32)) / spread
    return np.where(count >= num_min, spreads, np.float32(np.nan))


def _one_each(field: str, given: Sequence[float], n: int) -> NDArray[Any]:
    """One number a station, from one for all or one for each."""
    array = np.asarray(given)
    if array.shape not in {(1,), (n,)}:
        raise BadInput(field, list(given), f"one number, or {n}: one a station")
    if (array <= 0).any():
        raise BadInput(field, list(given), "above 0")
    return np.broadcast_to(array, (n,))
