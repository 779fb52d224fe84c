"""The air without plumes: the season, the day, haze over all stations, rain, and moist nights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.physics import NOVA, PLANTOWER, humidity_growth
from sim.world import sources
from sim.world.dice import key_of
from sim.world.local_time import local_time
from sim.world.plans import BurningPlan, DiurnalPlan, SkyPlan
from sim.world.sky import Sky

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.labelled.stations import Station

    Floats = NDArray[np.float64]

MINUTE_MS: Final = 60_000
MINUTES_A_DAY: Final = 1440
START_MS: Final = 1_769_878_800_000
"""1 February 2026, 00:00 in Bangkok: burning season, foggy mornings, some rain."""

# Levels are ours: PM2.5 as a Plantower tells it comes out at 20 to 80 ug/m3 outside rain.
_SKY = SkyPlan(rh=69.0, rain_chance_dry=0.2, fog_chance=0.12)
_DIURNAL = DiurnalPlan(fine_base_ugm3=10.0, fine_peak_ugm3=13.0)
_HAZE = BurningPlan(fine_ugm3=11.0)
_KNOT_MIN = 10
_WASHED = 0.96  # of all dust in the heaviest rain; more than in sim.world: values near zero
_SMOKE_GAIN = PLANTOWER.submicron * 0.8 + PLANTOWER.fine * 0.2
_COARSE_SHARE = 0.9  # of the ordinary coarse dust, ug/m3 told as PM10 beyond PM2.5
_SLOW_MIN, _FAST_MIN = 120, 10
_SLOW_SHARE, _FAST_SHARE = 0.12, 0.05


@dataclass(frozen=True, slots=True)
class Background:
    """What all stations share, a value for each minute.

    `fine_ugm3` is PM2.5 as a Plantower tells it in dry air, `coarse_ugm3` true PM10 beyond PM2.5;
    the growths are by how much humidity swells what each make tells.
    """

    times_ms: NDArray[np.int64]
    hour_of_day: Floats
    fine_ugm3: Floats
    coarse_ugm3: Floats
    rh: Floats
    wet: Floats
    plantower_growth: Floats
    nova_growth: Floats


def background_of(seed: int, days: int) -> Background:
    """The air over all stations for so many days from START_MS on."""
    minutes = np.arange(days * MINUTES_A_DAY)
    knots = np.arange(0, days * MINUTES_A_DAY + _KNOT_MIN, _KNOT_MIN)
    at_knots = np.array([_at(seed, START_MS + int(knot) * MINUTE_MS) for knot in knots])
    fine, coarse, rh, wet = (np.interp(minutes, knots, column) for column in at_knots.T)
    return Background(
        START_MS + minutes.astype(np.int64) * MINUTE_MS,
        (minutes % MINUTES_A_DAY) / 60.0,
        fine,
        coarse,
        rh,
        wet,
        _growth(rh, PLANTOWER.inlet_rh),
        _growth(rh, NOVA.inlet_rh),
    )


def local_share(station: Station, minutes: int, dice: np.random.Generator) -> Floats:
    """How much more or less than all stations' dust is at one of them, minute for minute."""
    slow = 1.0 + _SLOW_SHARE * wander(dice, minutes, _SLOW_MIN)
    fast = 1.0 + _FAST_SHARE * wander(dice, minutes, _FAST_MIN)
    return np.asarray(station.level * np.clip(slow, 0.5, 1.5) * np.clip(fast, 0.7, 1.3))


def wander(dice: np.random.Generator, minutes: int, memory_min: float) -> Floats:
    """Deviates with mean 0 and variance 1 that forget themselves within about `memory_min`."""
    kept = float(np.exp(-1.0 / memory_min))
    reach = int(6 * memory_min) + 1
    fresh = dice.standard_normal(minutes + reach - 1)
    weights = np.sqrt(1.0 - kept * kept) * kept ** np.arange(reach)
    return np.convolve(fresh, weights, mode="valid")


def _at(seed: int, instant_ms: int) -> tuple[float, float, float, float]:
    now = local_time(instant_ms)
    weather = _sky(seed).weather(instant_ms)
    smoke, mineral = sources.diurnal(_DIURNAL, key_of(seed, "labelled", "diurnal"), now)
    smoke += sources.burning(_HAZE, key_of(seed, "labelled", "haze"), now)
    dry = 1.0 - _WASHED * weather.wet
    return smoke * _SMOKE_GAIN * dry, mineral * _COARSE_SHARE * dry, weather.rh, weather.wet


def _sky(seed: int) -> Sky:
    return Sky(_SKY, seed)


def _growth(rh: Floats, inlet_rh: float) -> Floats:
    return np.array([humidity_growth(float(value), inlet_rh) for value in rh])
