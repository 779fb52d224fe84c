"""Parameters of the made world, each with its default and its bounds.

Levels are ours: chosen so that the days come out as the place is described (24-hour PM10 from 27 to
303 ug/m3, worst from October to February, peaks at 06-10 and 19-23 h: docs/domain-rules.md 1).
"""

# No `from __future__ import annotations`: the bounds are read from the annotations.
from dataclasses import dataclass
from typing import Annotated, NamedTuple


class Between(NamedTuple):
    """The lowest and the highest value allowed."""

    lowest: float
    highest: float


Ugm3 = Annotated[float, Between(0.0, 20_000.0)]
Degrees = Annotated[float, Between(0.0, 360.0)]
Share = Annotated[float, Between(0.0, 1.0)]
HourOfDay = Annotated[float, Between(0.0, 24.0)]
Minutes = Annotated[float, Between(0.1, 600.0)]


@dataclass(frozen=True, slots=True)
class SkyPlan:
    """The weather that all stations share; chances are per day.

    `wind_from_deg` below zero: by the monsoons.
    """

    wind_mps: Annotated[float, Between(0.0, 30.0)] = 1.8
    wind_from_deg: Annotated[float, Between(-1.0, 360.0)] = -1.0
    wind_sway_deg: Annotated[float, Between(0.0, 180.0)] = 50.0
    t_c: Annotated[float, Between(-20.0, 45.0)] = 28.0
    rh: Annotated[float, Between(5.0, 100.0)] = 72.0
    rain_chance_wet: Share = 0.5
    rain_chance_dry: Share = 0.04
    fog_chance: Share = 0.08


@dataclass(frozen=True, slots=True)
class DiurnalPlan:
    """What is always there, and the two peaks of the day on top of it."""

    fine_base_ugm3: Ugm3 = 9.0
    coarse_base_ugm3: Ugm3 = 22.0
    fine_peak_ugm3: Ugm3 = 14.0
    coarse_peak_ugm3: Ugm3 = 75.0


@dataclass(frozen=True, slots=True)
class PlumePlan:
    """Dust of the works while the wind comes from their sector, clockwise from one edge."""

    coarse_ugm3: Ugm3 = 140.0
    from_deg: Degrees = 20.0
    to_deg: Degrees = 80.0


@dataclass(frozen=True, slots=True)
class BlastPlan:
    """A blast on some work days soon after an hour; it decays by e in so many minutes."""

    coarse_ugm3: Ugm3 = 900.0
    hour: HourOfDay = 12.0
    chance: Share = 0.5
    decay_min: Minutes = 4.0


@dataclass(frozen=True, slots=True)
class TruckPlan:
    """Convoys on the road on work days: a short spike for every truck."""

    coarse_ugm3: Ugm3 = 350.0
    convoy_every_min: Minutes = 20.0
    from_hour: HourOfDay = 6.0
    to_hour: HourOfDay = 18.0


@dataclass(frozen=True, slots=True)
class BurningPlan:
    """Smoke of the burning season, January to April, in episodes of some days."""

    fine_ugm3: Ugm3 = 45.0


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """A station: what makes its dust. A source that is None is not there."""

    id: str
    diurnal: DiurnalPlan = DiurnalPlan()
    plume: PlumePlan | None = None
    blast: BlastPlan | None = None
    trucks: TruckPlan | None = None
    burning: BurningPlan | None = None
