"""All that decides a figure: what is stored, who stands where, what is known of models, and rules.

Two worlds that are equal must give equal figures, in whatever order they came about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

POLLUTANTS = ("pm1", "pm25", "pm10", "tsp")

REFERENCE = "reference"
INDICATIVE = "indicative"
SCREENING = "screening"
NOT_CLAIMABLE = "not_claimable"
CLAIM_CLASSES = (REFERENCE, INDICATIVE, SCREENING, NOT_CLAIMABLE)
"""From the best to the weakest."""


class Stored(NamedTuple):
    """A stored reading: levels in ug/m3, humidity in %, None where it has none.

    `t_ms` is its phenomenon time. Sensor, time and number together are stored once.
    """

    sensor: str
    t_ms: int
    seq: int
    pm1: Decimal | None = None
    pm25: Decimal | None = None
    pm10: Decimal | None = None
    tsp: Decimal | None = None
    rh: Decimal | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        return self[:3]

    def level(self, pollutant: str) -> Decimal | None:
        return self[3 + POLLUTANTS.index(pollutant)]  # type: ignore[return-value]  # one of the four


class Measured(NamedTuple):
    """What a model says of a pollutant: its claim class, and the values that have failed."""

    claim_class: str
    fail_below_ugm3: Decimal | None = None
    saturated_ugm3: Decimal | None = None
    saturation_tolerance_ugm3: Decimal = Decimal(0)


class FlatLine(NamedTuple):
    """Values whose range stays below the tolerance have failed after this time and number of them.

    A run ends at a silence: `gap_s` or more between the end of one sampling interval and the start
    of the next. Where zeros may not fail, a run of zeros does not.
    """

    tolerance_ugm3: Decimal
    fail_after_s: int
    fail_min_values: int
    gap_s: int
    zeros_may_fail: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A sensor model; one that `revises` publishes an hour again under a higher number."""

    pollutants: Mapping[str, Measured]
    flat_line: FlatLine | None = None
    revises: bool = False


class Sensor(NamedTuple):
    """A device: its model, and the time for which each of its readings stands."""

    model: str
    interval_s: int


class Deployment(NamedTuple):
    """A sensor at a station over [from, to), and what it tells of it (None: all it measures)."""

    sensor: str
    station: str
    from_ms: int = 0
    to_ms: int | None = None
    reports: frozenset[str] | None = None

    def covers(self, t_ms: int) -> bool:
        return self.from_ms <= t_ms and (self.to_ms is None or t_ms < self.to_ms)

    def tells(self, pollutant: str) -> bool:
        return self.reports is None or pollutant in self.reports


class Correction(NamedTuple):
    """How raw values of a sensor or of a model become told ones over [from, to).

    Exactly one of `sensor` and `model` is given. A later recorded one has a higher identifier.
    """

    correction_id: int
    pollutant: str
    formula: str
    coefficients: Mapping[str, Decimal]
    from_ms: int
    to_ms: int | None = None
    sensor: str | None = None
    model: str | None = None
    claim_class: str | None = None
    withdrawn: bool = False


class RuleSet(NamedTuple):
    """When hour, day, and month or year are complete."""

    identifier: str
    hour_share: Fraction
    day_hours: int
    long_share: Fraction


THE_USUAL_RULES = RuleSet("epa-75-18h", Fraction(3, 4), 18, Fraction(3, 4))


class Limit(NamedTuple):
    """A 24-hour limit: a mean rounded half up to so many decimals must not be above the level."""

    pollutant: str
    level_ugm3: Decimal
    decimals: int
    valid_from: date
    valid_to: date | None = None
    identifier: str = ""

    def is_in_force(self, local_day: date) -> bool:
        return self.valid_from <= local_day and (self.valid_to is None or local_day < self.valid_to)


THAI_24_HOUR_LIMITS = (
    Limit("pm25", Decimal("37.5"), 1, date(2023, 6, 1)),  # Gazette, in force since 1 June 2023
    Limit("pm10", Decimal(120), 0, date(2004, 8, 1)),  # NEB notification no. 24, 2004
)


@dataclass(frozen=True, slots=True)
class World:
    """One state of everything."""

    models: Mapping[str, Model]
    sensors: Mapping[str, Sensor]
    deployments: tuple[Deployment, ...] = ()
    stored: frozenset[Stored] = frozenset()
    corrections: tuple[Correction, ...] = ()
    rules: RuleSet = THE_USUAL_RULES
    limits: tuple[Limit, ...] = THAI_24_HOUR_LIMITS
    final_after_days: int = 30

    def model_of(self, sensor: str) -> Model:
        return self.models[self.sensors[sensor].model]
