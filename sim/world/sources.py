"""Sources of dust at a station: each says how much smoke and how much mineral dust it adds.

Smoke is told as its PM2.5, mineral dust as its PM10, both in ug/m3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.world.dice import smooth, uniform

if TYPE_CHECKING:
    from sim.world.local_time import LocalTime
    from sim.world.plans import BlastPlan, BurningPlan, DiurnalPlan, PlumePlan, TruckPlan
    from sim.world.sky import Weather

# Sooktawee 2020: daily peaks 06-10 h and 19-23 h; each is a bell around the middle of its span.
_PEAKS = ((8.0, 1.0), (21.0, 0.9))
_PEAK_WIDTH_H = 1.25
_BURNING_ENDS = 0.33  # of the year: the end of April
_BLAST_RISES_S = 15.0
_BLAST_AFTER_H = 0.5  # a blast comes up to so long after its hour
_BLAST_OVER = 12  # decay times
_TRUCK_WIDTH_S = 6.0
_TRUCKS_MOST = 8
_EDGE_DEG = 15.0  # over which a plume's edge fades
_PLUME_FULL_MPS = 1.0


def diurnal(plan: DiurnalPlan, key: int, now: LocalTime) -> tuple[float, float]:
    """(smoke, dust): the base, and the two peaks, which grow and shrink from day to day."""
    peak = sum(share * _bell(_hours_from(now.hour, middle)) for middle, share in _PEAKS)
    day = 1.0 + 0.4 * smooth(key, (now.day * 24 + now.hour) / 36)
    return (
        day * (plan.fine_base_ugm3 + plan.fine_peak_ugm3 * peak),
        day * (plan.coarse_base_ugm3 + plan.coarse_peak_ugm3 * peak),
    )


def plume(plan: PlumePlan, key: int, now: LocalTime, weather: Weather) -> float:
    """Dust while the wind comes from the sector; none in calm air."""
    if weather.wind_deg is None:
        return 0.0
    carried = min(1.0, weather.wind_mps / _PLUME_FULL_MPS)
    puff = 1.0 + 0.5 * smooth(key, (now.day * 24 + now.hour) * 3)
    return plan.coarse_ugm3 * _within(plan, weather.wind_deg) * carried * puff


def blast(plan: BlastPlan, key: int, now: LocalTime) -> float:
    """Dust of the day's blast: there within seconds, gone within minutes."""
    if not now.is_work_day or uniform(key, 3 * now.day) >= plan.chance:
        return 0.0
    begin_h = plan.hour + _BLAST_AFTER_H * uniform(key, 3 * now.day + 1)
    gone_s = (now.hour - begin_h) * 3600
    decay_s = plan.decay_min * 60
    if not 0 <= gone_s < _BLAST_OVER * decay_s:
        return 0.0
    strength = plan.coarse_ugm3 * (0.6 + 0.8 * uniform(key, 3 * now.day + 2))
    return strength * (1 - math.exp(-gone_s / _BLAST_RISES_S)) * math.exp(-gone_s / decay_s)


def trucks(plan: TruckPlan, key: int, now: LocalTime) -> float:
    """Dust of the trucks that pass just now; a convoy may reach into the next slot."""
    if not now.is_work_day or not plan.from_hour <= now.hour < plan.to_hour:
        return 0.0
    slot_s = plan.convoy_every_min * 60
    seconds = (now.day * 24 + now.hour) * 3600
    slot = int(seconds // slot_s)
    return plan.coarse_ugm3 * sum(
        _convoy(key, number, slot_s, seconds - number * slot_s) for number in (slot - 1, slot)
    )


def burning(plan: BurningPlan, key: int, now: LocalTime) -> float:
    """Smoke from January to April, in episodes of some days, thicker in the still air of nights."""
    if now.season >= _BURNING_ENDS:
        return 0.0
    season = math.sin(math.pi * now.season / _BURNING_ENDS)
    episode = 1.0 + 0.7 * smooth(key, (now.day + now.hour / 24) / 4)
    night = 1.0 + 0.2 * math.cos(math.tau * (now.hour - 6) / 24)
    return plan.fine_ugm3 * season * episode * night


def _convoy(key: int, slot: int, slot_s: float, since_s: float) -> float:
    trucks_in_it = 2 + int((_TRUCKS_MOST - 1) * uniform(key, 4 * slot))
    begin_s = slot_s * uniform(key, 4 * slot + 1)
    apart_s = 18.0 + 24.0 * uniform(key, 4 * slot + 2)
    nearest = round((since_s - begin_s) / apart_s)
    if not 0 <= nearest < trucks_in_it:
        return 0.0
    off_s = since_s - begin_s - nearest * apart_s
    size = 0.5 + uniform(key + nearest + 1, 4 * slot + 3)
    return size * math.exp(-0.5 * (off_s / _TRUCK_WIDTH_S) ** 2)


def _within(plan: PlumePlan, wind_deg: float) -> float:
    """1 in the sector, 0 well outside, a slope at its edges."""
    span = (plan.to_deg - plan.from_deg) % 360.0
    past_first = (wind_deg - plan.from_deg) % 360.0
    if past_first <= span:
        return 1.0
    outside = min(past_first - span, 360.0 - past_first)
    return max(0.0, 1.0 - outside / _EDGE_DEG)


def _hours_from(hour: float, middle: float) -> float:
    return (hour - middle + 12.0) % 24.0 - 12.0


def _bell(off_h: float) -> float:
    return math.exp(-0.5 * (off_h / _PEAK_WIDTH_H) ** 2)
