"""A place: the sum of its sources under the sky, as the air that a sensor there stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.air import Air
from sim.world import sources
from sim.world.dice import key_of
from sim.world.local_time import LocalTime, local_time

if TYPE_CHECKING:
    from sim.world.plans import PlacePlan
    from sim.world.sky import Sky, Weather


class SizeShares(NamedTuple):
    """A kind of dust by size, relative to the size by which its level is told."""

    pm1: float
    pm25: float
    pm4: float
    pm10: float
    tsp: float


# Of mineral dust about an eighth is PM2.5 (0.10 to 0.15 of PM10: background document for the fine
# fractions of AP-42's fugitive dust, MRI 2006). The rest is ours: next to nothing of it is
# submicron, while smoke and traffic are mostly so.
SMOKE = SizeShares(0.80, 1.00, 1.05, 1.12, 1.20)
MINERAL = SizeShares(0.01, 0.12, 0.26, 1.00, 2.40)

_WASHED_SMOKE, _WASHED_MINERAL = 0.45, 0.90  # shares that rain takes out of the air
_ROAD_LAID = 0.95  # share of road dust that a wet road holds


class Place:
    """The air at one station at any instant; the last answer is kept for the sensors beside."""

    def __init__(self, plan: PlacePlan, sky: Sky, seed: int) -> None:
        self.id = plan.id
        self._plan = plan
        self._sky = sky
        self._key = {
            part: key_of(seed, "place", plan.id, part)
            for part in ("diurnal", "plume", "blast", "trucks", "burning")
        }
        self._last: tuple[int, Air] | None = None

    def air(self, instant_ms: int) -> Air:
        if self._last is None or self._last[0] != instant_ms:
            self._last = (instant_ms, self._air(instant_ms))
        return self._last[1]

    def _air(self, instant_ms: int) -> Air:
        now = local_time(instant_ms)
        weather = self._sky.weather(instant_ms)
        smoke, mineral = self._dust(now, weather)
        return mixed(
            smoke * (1 - _WASHED_SMOKE * weather.wet),
            mineral * (1 - _WASHED_MINERAL * weather.wet),
            weather,
        )

    def _dust(self, now: LocalTime, weather: Weather) -> tuple[float, float]:
        plan, key = self._plan, self._key
        smoke, mineral = sources.diurnal(plan.diurnal, key["diurnal"], now)
        if plan.burning:
            smoke += sources.burning(plan.burning, key["burning"], now)
        if plan.plume:
            mineral += sources.plume(plan.plume, key["plume"], now, weather)
        if plan.blast:
            mineral += sources.blast(plan.blast, key["blast"], now)
        if plan.trucks:
            road = sources.trucks(plan.trucks, key["trucks"], now)
            mineral += road * (1 - _ROAD_LAID * weather.wet)
        return smoke, mineral


def mixed(smoke_pm25: float, mineral_pm10: float, weather: Weather) -> Air:
    """Smoke (told as PM2.5) and mineral dust (told as PM10) in one air, ug/m3."""
    pm1, pm25, pm4, pm10, tsp = (
        smoke_pm25 * of_smoke + mineral_pm10 * of_mineral
        for of_smoke, of_mineral in zip(SMOKE, MINERAL, strict=True)
    )
    climate = (weather.t_c, weather.rh, weather.wind_mps, weather.wind_deg)
    return Air(pm1, pm25, pm4, pm10, tsp, *climate)
