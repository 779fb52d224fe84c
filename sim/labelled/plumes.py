"""Shapes of plumes: PM2.5 above the background, minute for minute, as a Plantower tells it.

Levels are told as the sensor tells them, not as true mass: what quality control judges is what a
sensor says. Shapes and levels are ours, made to look like the place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.labelled.background import wander
from sim.labelled.kinds import PlumeKind

if TYPE_CHECKING:
    from sim.labelled.background import Floats

Dice = np.random.Generator
Shape = Callable[[Dice, "Floats"], "Floats"]
"""Dice and the background under the plume, a value a minute -> what the plume adds."""

_EVEN_SHARE = 0.3  # of the usual noise, in air without eddies, at every second level plume


class PlumePlan(NamedTuple):
    """How often in four weeks, how long, when it begins, at how many stations, of what.

    `moist`: only in air above 85 % RH. `others`: what share reaches each station after the first.
    """

    episodes: int
    hours: tuple[float, float]
    begins: tuple[float, float]
    stations: tuple[int, int]
    shape: Shape
    is_mineral: bool = True
    others: float = 0.4
    moist: bool = False


def _blast(dice: Dice, under: Floats) -> Floats:
    times = dice.uniform(8.0, 10.5)
    rise_min = dice.uniform(1.0, 2.0)
    minute = np.arange(under.size)
    decay_min = under.size / 3.0
    past = np.maximum(minute - rise_min, 0.0)
    most = times * float(under[0])
    return np.asarray(most * np.minimum(minute / rise_min, 1.0) * np.exp(-past / decay_min))


def _convoy(dice: Dice, under: Floats) -> Floats:
    added = np.zeros(under.size)
    minute = 0
    while minute < under.size:
        added[minute] = dice.uniform(60.0, 400.0)
        if dice.random() < 0.15:  # noqa: PLR2004  (a lorry that is still in the air a minute later)
            added[minute + 1 : minute + 2] = 0.5 * added[minute]
        minute += int(dice.integers(2, 7))
    return added


def _road(dice: Dice, under: Floats) -> Floats:
    gusts = np.exp(0.5 * wander(dice, under.size, 3.0))
    return dice.uniform(40.0, 150.0) * gusts * _hump(under.size)


def _mill(dice: Dice, under: Floats) -> Floats:
    level = float(np.exp(dice.uniform(np.log(100.0), np.log(800.0))))
    return level * np.exp(0.1 * wander(dice, under.size, 5.0)) * _ramp(under.size, 5.0)


def _stubble(dice: Dice, under: Floats) -> Floats:
    swirl = np.exp(0.2 * wander(dice, under.size, 8.0))
    return dice.uniform(60.0, 300.0) * swirl * _hump(under.size)


def _overnight(dice: Dice, under: Floats) -> Floats:
    swirl = np.exp(0.2 * wander(dice, under.size, 30.0))
    return dice.uniform(80.0, 300.0) * swirl * _ramp(under.size, 20.0)


def _level(dice: Dice, under: Floats) -> Floats:
    """All that is in the air together stands still: the level less the background under it."""
    return float(under.max()) + dice.uniform(25.0, 200.0) - under


def _humid(dice: Dice, under: Floats) -> Floats:
    swirl = np.exp(0.15 * wander(dice, under.size, 10.0))
    return dice.uniform(80.0, 250.0) * swirl * _ramp(under.size, 10.0)


PLUMES: Final = {
    PlumeKind.BLAST: PlumePlan(12, (0.35, 1.0), (11.5, 16.5), (1, 2), _blast),
    PlumeKind.CONVOY: PlumePlan(10, (1.0, 2.5), (6.0, 16.0), (1, 1), _convoy),
    PlumeKind.ROAD: PlumePlan(10, (2.0, 4.0), (12.0, 14.0), (1, 2), _road),
    PlumeKind.MILL: PlumePlan(10, (2.0, 6.0), (0.0, 23.9), (1, 1), _mill),
    PlumeKind.STUBBLE: PlumePlan(
        5, (1.0, 4.0), (16.0, 21.0), (3, 3), _stubble, is_mineral=False, others=0.6
    ),
    PlumeKind.OVERNIGHT: PlumePlan(5, (10.0, 10.0), (19.5, 20.5), (1, 1), _overnight),
    PlumeKind.LEVEL: PlumePlan(8, (3.0, 6.0), (0.0, 23.9), (1, 1), _level),
    PlumeKind.HUMID: PlumePlan(6, (1.0, 3.0), (0.0, 23.9), (1, 1), _humid, moist=True),
}


def noise_share(kind: PlumeKind, dice: Dice) -> float:
    """How noisy the readings are in a plume, relative to the usual."""
    if kind is PlumeKind.LEVEL and dice.random() < 0.5:  # noqa: PLR2004  (every second one)
        return _EVEN_SHARE
    return 1.0


def _ramp(minutes: int, over_min: float) -> Floats:
    """Up at the begin and down at the end within some minutes."""
    minute = np.arange(minutes)
    return np.minimum(np.minimum(minute + 1, minutes - minute) / over_min, 1.0)


def _hump(minutes: int) -> Floats:
    return np.sqrt(np.sin(np.pi * (np.arange(minutes) + 0.5) / minutes))
