"""The sky: wind, rain, temperature and humidity over all stations.

North-east monsoon from mid-October to mid-February, south-west from mid-May to mid-October (Thai
Meteorological Department); nights are calm and moist, rain falls in the afternoons. The shapes are
made, not measured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sim.world.dice import key_of, smooth, uniform
from sim.world.local_time import LocalTime, local_time

if TYPE_CHECKING:
    from sim.world.plans import SkyPlan

_CALM_BELOW_MPS = 0.3
_NIGHT_WIND = 0.3  # of the wind by day
_NORTH_EAST_DEG, _SOUTH_WEST_DEG, _SOUTH_DEG = 45.0, 225.0, 170.0
# (season, direction): between them it turns over some weeks.
_NORTH_EAST_FROM, _NORTH_EAST_TO = 0.79, 0.13
_SOUTH_WEST_FROM, _SOUTH_WEST_TO = 0.37, 0.79
_DRYING_H = 2.0  # a wet road and a washed air are back to 1/e after so long
_WETTING_H = 1 / 6
_FOG_RH = 99.7
_MOIST_RH = 97.0
_FOG_HOURS = (4.0, 8.0)
_FOG_FADES_H = 1.0
_HOTTEST_SEASON = 0.29  # mid-April


class Weather(NamedTuple):
    """`wet` is 1 in rain and falls to 0 in the hours after it; `wind_deg` is None in calm air."""

    t_c: float
    rh: float
    rain_mm_h: float
    wet: float
    wind_mps: float
    wind_deg: float | None


class Sky:
    """The weather at any instant."""

    def __init__(self, plan: SkyPlan, seed: int) -> None:
        self._plan = plan
        self._key = {
            part: key_of(seed, "sky", part)
            for part in ("speed", "sway", "rain", "warm", "moist", "fog")
        }

    def weather(self, instant_ms: int) -> Weather:
        now = local_time(instant_ms)
        hours = now.day * 24 + now.hour
        rain_mm_h, wet = self._rain(now)
        wind_mps = self._wind_mps(now, hours)
        wind_deg = self._wind_deg(now, hours) if wind_mps else None
        return Weather(
            self._t_c(now, hours, wet),
            self._rh(now, hours, wet),
            rain_mm_h,
            wet,
            wind_mps,
            wind_deg,
        )

    def _wind_mps(self, now: LocalTime, hours: float) -> float:
        by_day = max(0.0, math.sin(math.pi * (now.hour - 7) / 12))
        gusts = 1.0 + 0.8 * smooth(self._key["speed"], hours)
        speed = self._plan.wind_mps * (_NIGHT_WIND + (1 - _NIGHT_WIND) * by_day) * gusts
        return speed if speed >= _CALM_BELOW_MPS else 0.0

    def _wind_deg(self, now: LocalTime, hours: float) -> float:
        fixed = self._plan.wind_from_deg
        middle = _monsoon_deg(now.season) if fixed < 0 else fixed
        return (middle + self._plan.wind_sway_deg * smooth(self._key["sway"], hours / 2)) % 360.0

    def _rain(self, now: LocalTime) -> tuple[float, float]:
        """Rain in mm an hour, and how wet it is: the showers of today and of yesterday."""
        mm_h, wet = 0.0, 0.0
        for days_ago in (0, 1):
            since_h = now.hour + 24.0 * days_ago
            shower_mm_h, shower_wet = self._shower(now.day - days_ago, since_h, now.season)
            mm_h, wet = max(mm_h, shower_mm_h), max(wet, shower_wet)
        return mm_h, wet

    def _shower(self, day: int, since_midnight_h: float, season: float) -> tuple[float, float]:
        key = self._key["rain"]
        is_wet_season = _SOUTH_WEST_FROM <= season < _SOUTH_WEST_TO
        chance = self._plan.rain_chance_wet if is_wet_season else self._plan.rain_chance_dry
        if uniform(key, 4 * day) >= chance:
            return 0.0, 0.0
        begin_h = 13.0 + 6.0 * uniform(key, 4 * day + 1)
        length_h = 0.5 + 1.5 * uniform(key, 4 * day + 2)
        gone_h = since_midnight_h - begin_h
        if gone_h < 0:
            return 0.0, 0.0
        wetted = 1.0 - math.exp(-min(gone_h, length_h) / _WETTING_H)
        if gone_h < length_h:
            return 4.0 + 26.0 * uniform(key, 4 * day + 3), wetted
        return 0.0, wetted * math.exp(-(gone_h - length_h) / _DRYING_H)

    def _t_c(self, now: LocalTime, hours: float, wet: float) -> float:
        season = 2.5 * math.cos(math.tau * (now.season - _HOTTEST_SEASON))
        day = 5.0 * math.cos(math.tau * (now.hour - 14.5) / 24)
        return self._plan.t_c + season + day + smooth(self._key["warm"], hours / 6) - 4.0 * wet

    def _rh(self, now: LocalTime, hours: float, wet: float) -> float:
        night = 17.0 * math.cos(math.tau * (now.hour - 5) / 24)
        dry = self._plan.rh + night + 5.0 * smooth(self._key["moist"], hours / 5)
        moist = dry + max(0.0, _MOIST_RH - dry) * wet
        foggy = moist + max(0.0, _FOG_RH - moist) * self._fog(now)
        return min(max(foggy, 10.0), _FOG_RH)

    def _fog(self, now: LocalTime) -> float:
        """1 in the fog of an early morning of the cool season, 0 elsewhere."""
        is_cool = now.season >= _NORTH_EAST_FROM or now.season < _NORTH_EAST_TO
        if not is_cool or uniform(self._key["fog"], now.day) >= self._plan.fog_chance:
            return 0.0
        begin_h, end_h = _FOG_HOURS
        outside_h = max(begin_h - now.hour, now.hour - end_h, 0.0)
        return max(0.0, 1.0 - outside_h / _FOG_FADES_H)


def _monsoon_deg(season: float) -> float:
    if season >= _NORTH_EAST_FROM or season < _NORTH_EAST_TO:
        return _NORTH_EAST_DEG
    if season >= _SOUTH_WEST_FROM:
        return _SOUTH_WEST_DEG
    turned = (season - _NORTH_EAST_TO) / (_SOUTH_WEST_FROM - _NORTH_EAST_TO)
    return _SOUTH_DEG + (_SOUTH_WEST_DEG - _SOUTH_DEG) * turned
