"""Signals: what a sensor would see and the whole steps it would send.

An hour's signal is its recorded level with a small smooth wobble of mean zero; it is cut to the
sensor's steps by error diffusion, so that the mean of the hour survives the cutting.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

PM1_SHARE = 0.7  # of PM2.5, as in the captured frames

_HOUR_S = 3600
# (cycles in an hour, share of the level): whole cycles, so that each sums to zero over the hour and
# joins the next hour smoothly; none a multiple of 60, which would stand still at a tick a minute.
_WAVES = ((1, 0.02), (7, 0.015), (23, 0.01))


class Steps(NamedTuple):
    """Levels in whole steps of the sensor; never out of order: pm1 <= pm25 <= pm10."""

    pm1: int
    pm25: int
    pm10: int


def wobble(seed: int, sensor_id: str) -> tuple[float, ...]:
    """Deviations from the hour's level as shares of it, one for every second of an hour."""
    dice = random.Random(f"{seed}/{sensor_id}/wobble")  # noqa: S311  (repeatable, nothing secret)
    waves = [(cycles, share, dice.uniform(0, math.tau)) for cycles, share in _WAVES]
    return tuple(
        sum(
            share * math.sin(math.tau * cycles * second / _HOUR_S + phase)
            for cycles, share, phase in waves
        )
        for second in range(_HOUR_S)
    )


class RecordedSignal:
    """Cuts an hour's level into the steps that a sensor sends."""

    def __init__(
        self, deviations: tuple[float, ...], *, pm10_ratio: float, steps_per_ugm3: int
    ) -> None:
        self._deviations = deviations
        self._pm10_ratio = pm10_ratio
        self._steps_per_ugm3 = steps_per_ugm3
        self.begin_hour(0.0)

    def begin_hour(self, level_ugm3: float) -> None:
        """Sets the hour's level and forgets what the last hour's cutting left over."""
        self._level_steps = level_ugm3 * self._steps_per_ugm3
        self._left_pm1 = self._left_pm25 = self._left_pm10 = 0.0

    def at(self, second_of_hour: int) -> Steps:
        """The steps sent at a second of the hour; what is cut off is carried to the next call."""
        level = self._level_steps * (1.0 + self._deviations[second_of_hour])
        wanted_pm1 = level * PM1_SHARE + self._left_pm1
        wanted_pm25 = level + self._left_pm25
        wanted_pm10 = level * self._pm10_ratio + self._left_pm10
        pm25 = int(wanted_pm25 + 0.5)
        pm1 = min(int(wanted_pm1 + 0.5), pm25)
        pm10 = max(int(wanted_pm10 + 0.5), pm25)
        self._left_pm1 = wanted_pm1 - pm1
        self._left_pm25 = wanted_pm25 - pm25
        self._left_pm10 = wanted_pm10 - pm10
        return Steps(pm1, pm25, pm10)
