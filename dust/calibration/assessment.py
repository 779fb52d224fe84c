"""A co-location assessed against the targets: raw, corrected, held out; by hours and by days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dust.calibration.colocation import day_means, range_of
from dust.calibration.held_out import BLOCKS, held_out
from dust.calibration.performance import Performance, performance
from dust.calibration.proposal import Proposal, fitted, proposal
from dust.calibration.targets import (
    Targets,
    Verdict,
    least_co_location,
    shortfalls,
    targets_for,
    verdicts,
)
from dust.claims import ClaimClass

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats
    from dust.calibration.colocation import CoLocation, Range
    from dust.pollutants import Pollutant


@dataclass(frozen=True, slots=True)
class Judged:
    """Figures and what they miss; without a shortfall every target is met."""

    performance: Performance
    verdicts: tuple[Verdict, ...]
    shortfalls: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Stages:
    """The same hours or days raw, after the proposed correction, and held out."""

    n: int
    raw: Judged
    corrected: Judged | None
    held_out: Judged | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """All figures of one co-location, and the claim class that they earn."""

    pollutant: Pollutant
    hours: Stages
    days: Stages
    proposal: Proposal | None
    claim_class: ClaimClass | None
    """`indicative`, or None: the sensor's model keeps its class."""
    missing: tuple[str, ...]
    """What keeps it from `indicative`."""
    reference_range: Range | None
    sensor_range: Range | None
    rh_range: Range | None
    t_range: Range | None


def assess(colocation: CoLocation, pollutant: Pollutant, min_hours_of_day: int) -> Assessment:
    """Assess paired hours; raises `BadInput` for a pollutant that has no targets.

    Args:
        colocation: the paired hours, at least one.
        pollutant: pm25 or pm10.
        min_hours_of_day: from how many paired hours on a day is valid.
    """
    targets = targets_for(pollutant)
    proposed = proposal(fitted(colocation.reference, colocation.sensor), pollutant)
    stages: dict[str, Floats | None] = {
        "raw": colocation.sensor,
        "corrected": None if proposed is None else proposed.of(colocation.sensor),
        "held_out": None if proposed is None else held_out(colocation),
    }
    hours = {name: _judged(colocation.reference, told, targets) for name, told in stages.items()}
    days = {
        name: None if told is None else _judged_days(colocation, told, min_hours_of_day, targets)
        for name, told in stages.items()
    }
    by_hours, by_days = _stages(hours), _stages(days)
    missing = _missing(by_hours, by_days, proposed)
    return Assessment(
        pollutant=pollutant,
        hours=by_hours,
        days=by_days,
        proposal=proposed,
        claim_class=None if missing else ClaimClass.INDICATIVE,
        missing=missing,
        reference_range=range_of(colocation.reference),
        sensor_range=range_of(colocation.sensor),
        rh_range=range_of(colocation.rh),
        t_range=range_of(colocation.t_c),
    )


def _judged(reference: Floats, told: Floats | None, targets: Targets) -> Judged | None:
    if told is None:
        return None
    found = performance(reference, told)
    return Judged(found, verdicts(found, targets), shortfalls(found, targets))


def _judged_days(
    colocation: CoLocation, told: Floats, min_hours: int, targets: Targets
) -> Judged | None:
    means = day_means(colocation, told, min_hours)
    return _judged(means.reference, means.sensor, targets)


def _stages(judged: dict[str, Judged | None]) -> Stages:
    raw = judged["raw"]
    if raw is None:  # never: raw values are always there
        raise ValueError("no raw values")
    return Stages(raw.performance.n, raw, judged["corrected"], judged["held_out"])


def _missing(hours: Stages, days: Stages, proposed: Proposal | None) -> tuple[str, ...]:
    least = least_co_location()
    found = []
    if hours.n < least.min_hours:
        found.append(f"paired hours: {hours.n}, at least {least.min_hours} needed")
    if days.n < least.min_valid_days:
        found.append(f"valid days: {days.n}, at least {least.min_valid_days} needed")
    if proposed is None:
        return (*found, "no correction can be proposed: the sensor does not follow the reference")
    for name, stages in (("hours", hours), ("days", days)):
        if stages.held_out is None:
            return (*found, f"held out: {BLOCKS} blocks of days that each determine a fit needed")
        found += [f"{name} held out: {_told(short)}" for short in stages.held_out.shortfalls]
    return tuple(found)


def _told(verdict: Verdict) -> str:
    value = "not determined" if verdict.value is None else f"{verdict.value:.2f}"
    return f"{verdict.metric} {value}, allowed is {verdict.allowed}"
