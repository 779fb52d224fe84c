"""What a sensor makes of the air it stands in: blindness, humidity, dirt, gain and noise.

A cheap optical sensor sees submicron particles and next to nothing above; its larger sizes are
guesses from the smaller ones. The numbers with a name and a year are published (see
docs/simulator.md); those marked "ours" are not.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sim.air import Air
from sim.world.dice import key_of, uniform
from sim.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE_MODELS = ("bam1020",)  # they see the truth, as hourly means

_GROWTH_FROM_RH = 75.0  # Jayaratne 2018: the rise begins at about 75 % RH
_KAPPA = 0.24  # Nilson 2022: divided by 1 + 0.24 / (100 / RH - 1)
_DIRTY_PM25, _DIRTY_PM10 = 999.9, 1999.9  # where an SDS011 stands with a dirty inlet
_NOISE_STEPS = 4096  # a power of two
_NOISE_SHARE, _NOISE_UGM3 = 0.03, 0.5  # of a single frame; ours
_MINUTES_OF_A_MEAN = range(2, 60, 5)


class Optics(NamedTuple):
    """How a make responds.

    `submicron` and `fine` are how much PM2.5 it shows for mass below and above 1 um; `extrapolated`
    is its PM10 over its PM2.5; `coarse` how much of the mass above 2.5 um it truly adds, `giant` of
    that above 10 um. `inlet_rh` is the most humid that its inner air becomes; `spread` the half
    width of the gain from unit to unit.
    """

    submicron: float
    fine: float
    extrapolated: float
    coarse: float
    giant: float
    inlet_rh: float
    spread: float


# Smoke (80 % submicron) comes out 1.45 times too high (Barkjohn 2021: +40 %); mineral dust at less
# than a fifth of its PM2.5 and PM10 at 0.05 of the truth (Kaur and Kelly 2023: slope < 0.099).
# Inner air of 86 % lets PM10 grow by 46 % at most, as in fog (Jayaratne 2018). Spread: data manual.
PLANTOWER = Optics(1.80, 0.04, 1.10, 0.03, 0.0, 86.3, 0.10)
# In fog 38 times too high (Nothhelfer 2023), which the growth form reaches at 99.63 % RH. Spread:
# data sheet. Its response to dust is ours: between Plantower's and that of a wide-angle counter.
NOVA = Optics(1.40, 0.30, 1.20, 0.15, 0.05, 99.63, 0.15)
# PM4 and PM10 are computed from the smaller sizes (paulvha/sps30 #3); growth up to five times
# (Di Antonio 2018). The rest is ours.
SENSIRION = Optics(1.25, 0.10, 1.05, 0.0, 0.0, 97.0, 0.10)
HEATED = Optics(1.20, 0.40, 1.10, 0.25, 0.0, 60.0, 0.10)  # NextPM heats its inlet; response is ours
OTHER = PLANTOWER._replace(inlet_rh=97.0)  # no paper read on them: taken for the commonest kind

_BY_MODEL = {
    **dict.fromkeys(("pms3003", "pms5003", "pms5003t", "pms5003s", "pms5003st"), PLANTOWER),
    **dict.fromkeys(("sds011", "sds198"), NOVA),
    "sps30": SENSIRION,
    "nextpm": HEATED,
}


def optics_of(model: str) -> Optics:
    """How a model responds; weather instruments have no optics, so theirs do no harm."""
    return _BY_MODEL.get(model, OTHER)


def humidity_growth(rh: float, inlet_rh: float) -> float:
    """How much more a humid particle scatters than at 75 % RH, in the kappa form; 1 below that."""
    inner = min(rh, inlet_rh)
    if inner <= _GROWTH_FROM_RH:
        return 1.0
    return _scattering(inner) / _scattering(_GROWTH_FROM_RH)


def seen(optics: Optics, air: Air) -> Air:
    """The air as every unit of a make shows it, before its own gain and noise."""
    grown = humidity_growth(air.rh, optics.inlet_rh)
    shown = air.pm1 * optics.submicron + (air.pm25 - air.pm1) * optics.fine
    pm25 = shown * grown
    pm10 = pm25 * optics.extrapolated + (air.pm10 - air.pm25) * optics.coarse
    tsp = pm10 + (air.tsp - air.pm10) * optics.giant
    return air._replace(
        pm1=0.7 * pm25,  # as in the captured frames
        pm25=pm25,
        pm4=pm25 + 0.4 * (pm10 - pm25),
        pm10=pm10,
        tsp=tsp,
    )


def hourly_mean(air: Callable[[int], Air], hour_start_ms: int) -> Air:
    """The mean of an hour, from an instant in every five minutes; weather is that of its end."""
    instants = [hour_start_ms + minute * 60_000 for minute in _MINUTES_OF_A_MEAN]
    sizes = zip(*(air(instant)[:5] for instant in instants), strict=True)
    pm1, pm25, pm4, pm10, tsp = (math.fsum(size) / len(instants) for size in sizes)
    last = air(hour_start_ms + HOUR_MS - 1)
    return last._replace(pm1=pm1, pm25=pm25, pm4=pm4, pm10=pm10, tsp=tsp)


class Unit:
    """One physical sensor: its own gain, its noise, and dirt in its inlet from an instant on."""

    def __init__(self, seed: int, sensor_id: str, spread: float, dirty_from_ms: float) -> None:
        key = key_of(seed, "unit", sensor_id)
        self.gain = 1.0 + spread * (2.0 * uniform(key, 0) - 1.0)
        self._noise = noise_table(seed)
        self._step = 2 * (key % _NOISE_STEPS) + 1  # odd: it visits every entry
        self._dirty_from_ms = dirty_from_ms

    def reads(self, air: Air, instant_ms: int) -> Air:
        """What this unit tells where its make would show `air`; never negative, order kept."""
        if instant_ms >= self._dirty_from_ms:
            return air._replace(pm25=_DIRTY_PM25, pm10=_DIRTY_PM10)
        noise = self._noise[(instant_ms // 1000 * self._step) & (_NOISE_STEPS - 1)]
        times = self.gain * (1.0 + _NOISE_SHARE * noise)
        plus = _NOISE_UGM3 * noise
        pm1, pm25, pm4, pm10, tsp, t_c, rh, wind_mps, wind_deg = air
        sizes = [size * times + plus for size in (pm1, pm25, pm4, pm10, tsp)]
        if sizes[0] < 0:  # the smallest; the others are looked at only then
            sizes = [max(0.0, size) for size in sizes]
        return Air._make((*sizes, t_c, rh, wind_mps, wind_deg))


@lru_cache(maxsize=4)
def noise_table(seed: int) -> tuple[float, ...]:
    """Normal deviates with mean zero, shared by all units, each of which walks it its own way."""
    dice = random.Random(f"{seed}/noise")  # noqa: S311  (repeatable, nothing secret)
    half = [dice.gauss(0.0, 1.0) for _ in range(_NOISE_STEPS // 2)]
    table = half + [-deviate for deviate in half]
    dice.shuffle(table)
    return tuple(table)


def _scattering(rh: float) -> float:
    return 1.0 + _KAPPA / (100.0 / rh - 1.0)
