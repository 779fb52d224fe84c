"""The US EPA's targets for sensors beside a reference (data/performance_targets.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.toml_file import FileModel, load_toml

if TYPE_CHECKING:
    from dust.calibration.performance import Performance

METRICS: Final = ("slope", "intercept", "r2", "rmse", "nrmse", "sd", "cv")
_ALTERNATIVES: Final = (("rmse", "nrmse"), ("sd", "cv"))
"""Of these one is enough."""


class Target(FileModel):
    """Bounds of one metric; both belong to what is allowed."""

    at_least: float | None = None
    at_most: float

    @property
    def allowed(self) -> str:
        if self.at_least is None:
            return f"at most {self.at_most:g}"
        return f"{self.at_least:g} to {self.at_most:g}"

    def allows(self, value: float) -> bool:
        return (self.at_least is None or self.at_least <= value) and value <= self.at_most


class Targets(FileModel):
    """The targets of one pollutant."""

    slope: Target
    intercept: Target
    r2: Target
    rmse: Target
    nrmse: Target
    sd: Target
    cv: Target

    def of(self, metric: str) -> Target:
        target: Target = getattr(self, metric)
        return target


class LeastCoLocation(FileModel):
    """How long a co-location must be to earn a claim class."""

    min_valid_days: int = Field(gt=0)
    min_hours: int = Field(gt=0)


class _TargetFile(FileModel):
    source: str
    source_mark: Literal["V", "S", "R", "D"]
    either_note: str
    pm25: Targets
    pm10: Targets
    co_location: LeastCoLocation


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric held against its target; `met` is None where there is no value to judge."""

    metric: str
    value: float | None
    allowed: str
    met: bool | None


@cache
def _target_file() -> _TargetFile:
    return load_toml(files("dust.data") / "performance_targets.toml", _TargetFile)


def targets_source() -> str:
    """Where the targets come from, for reports."""
    return _target_file().source


def least_co_location() -> LeastCoLocation:
    """How long a co-location must be to earn a claim class (decided here)."""
    return _target_file().co_location


def targets_for(pollutant: Pollutant) -> Targets:
    """The targets of a pollutant; a `BadInput` lists those that have any."""
    known = {Pollutant.PM25: _target_file().pm25, Pollutant.PM10: _target_file().pm10}
    if pollutant not in known:
        raise BadInput("pollutant", str(pollutant), " or ".join(known))
    return known[pollutant]


def verdicts(performance: Performance, targets: Targets) -> tuple[Verdict, ...]:
    """Every metric against its target, each by itself."""
    return tuple(
        Verdict(
            metric,
            value := getattr(performance, metric),
            targets.of(metric).allowed,
            None if value is None else targets.of(metric).allows(value),
        )
        for metric in METRICS
    )


def shortfalls(performance: Performance, targets: Targets) -> tuple[Verdict, ...]:
    """The metrics that keep a sensor from its targets; none: every target is met.

    Of RMSE and NRMSE one is enough, and of SD and CV, which say nothing about a single unit.
    """
    found = {verdict.metric: verdict for verdict in verdicts(performance, targets)}
    spared = {
        metric for pair in _ALTERNATIVES if any(found[m].met for m in pair) for metric in pair
    }
    if performance.n_units == 1:
        spared |= {"sd", "cv"}
    return tuple(
        verdict for metric, verdict in found.items() if not verdict.met and metric not in spared
    )
