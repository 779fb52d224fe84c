"""What the sensors tell of the air, minute for minute: response, humidity, noise, integer steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.physics import seen
from sim.world.place import mixed
from sim.world.sky import Weather

if TYPE_CHECKING:
    from sim.labelled.background import Floats
    from sim.labelled.stations import Station
    from sim.physics import Optics

NOISE_SHARE, NOISE_UGM3 = 0.02, 0.4  # of one reading; ours
_CHANNEL_SHARE = 0.04  # by which two healthy channels differ
_PM1_SHARE = 0.7  # of PM2.5, as in sim.physics
_MOST, _MOST_NOVA, _MOST_NOVA_PM10 = 5000.0, 999.9, 1999.9
_FRAMES_IN_A_MEAN = 60
_UNSEEN_UGM3 = 0.2  # of a step: below it every frame of a minute is rounded to zero
_DRY = Weather(28.0, 50.0, 0.0, 0.0, 1.0, None)


@dataclass(slots=True)
class Air:
    """The air at a station, as its make tells it in dry air, and its share of mineral dust."""

    fine_ugm3: Floats
    coarse_ugm3: Floats
    growth: Floats
    noise_scale: Floats


@dataclass(slots=True)
class Frames:
    """One reading a minute; NaN where nothing came. Channels where the sensor has two."""

    pm1: Floats
    pm25: Floats
    pm10: Floats
    channel_a: Floats | None = None
    channel_b: Floats | None = None

    @property
    def columns(self) -> list[Floats]:
        """All that the sensor tells; SDS011's pm1 is NaN throughout."""
        columns = [self.pm1, self.pm25, self.pm10]
        if self.channel_a is not None and self.channel_b is not None:
            columns += [self.channel_a, self.channel_b]
        return columns


def coarse_per_fine(optics: Optics) -> float:
    """How much PM10 beyond its own guess a make tells for each µg/m³ of mineral PM2.5 it tells."""
    dust = seen(optics, mixed(0.0, 1.0, _DRY))
    return (dust.pm10 - dust.pm25 * optics.extrapolated) / dust.pm25


def truth_of(station: Station, air: Air) -> Floats:
    """PM2.5 that a healthy sensor of the make would tell without noise and without droplets."""
    return air.fine_ugm3 * air.growth * station.gain


def told(station: Station, air: Air, swollen: Floats, dice: np.random.Generator) -> Frames:
    """What the sensor tells; `swollen` is by how much more humidity swells it than the truth."""
    noise = dice.standard_normal(air.fine_ugm3.size) * air.noise_scale
    if station.tells_means or station.has_channels:
        noise /= math.sqrt(_FRAMES_IN_A_MEAN)
    times, plus = station.gain * (1.0 + NOISE_SHARE * noise), NOISE_UGM3 * noise
    fine = air.fine_ugm3 * air.growth * swollen
    pm25 = fine * times + plus
    coarse = (fine * station.optics.extrapolated + air.coarse_ugm3) * times + plus
    frames = Frames(
        stepped(station, _PM1_SHARE * pm25),
        stepped(station, pm25, _MOST_NOVA if station.is_nova else _MOST),
        stepped(station, np.maximum(coarse, pm25), _MOST_NOVA_PM10 if station.is_nova else _MOST),
    )
    if station.is_nova:
        frames.pm1[:] = np.nan
    if station.has_channels:
        _split(station, frames, pm25, dice)
    return frames


def stepped(station: Station, values: Floats, most: float = _MOST) -> Floats:
    """Values in the sensor's steps, never below zero."""
    step = station.step_ugm3
    whole = np.round(np.clip(values, 0.0, most) / step) * step
    unseen = values < _UNSEEN_UGM3 * station.frame_step_ugm3
    return np.asarray(np.where(unseen, 0.0, np.round(whole, 3)), dtype=np.float64)


def _split(station: Station, frames: Frames, pm25: Floats, dice: np.random.Generator) -> None:
    apart = 1.0 + _CHANNEL_SHARE * dice.standard_normal((2, pm25.size))
    frames.channel_a = stepped(station, pm25 * apart[0])
    frames.channel_b = stepped(station, pm25 * apart[1])
    frames.pm25[:] = (frames.channel_a + frames.channel_b) / 2
