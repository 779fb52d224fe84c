"""What the system must hold after frames were replayed to it in one standing network.

The shape of a demonstration: one sampling interval, no moves, no corrections, the usual rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sim.oracle.averages import days, hours
from sim.oracle.ledger import entries_of
from sim.oracle.sent_frames import readings
from sim.oracle.told_values import told_values
from sim.oracle.world import (
    NOT_CLAIMABLE,
    POLLUTANTS,
    THAI_24_HOUR_LIMITS,
    Deployment,
    Measured,
    Model,
    Sensor,
    Stored,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sim.oracle.sent_frames import Reading, SentFrame
    from sim.oracle.world import Limit


class Hour(NamedTuple):
    """The mean of a station's counting values in one UTC hour; None when too few count."""

    station: str
    pollutant: str
    period_start_ms: int
    value: Decimal | None
    n_valid: int


class Day(NamedTuple):
    """The mean of the valid hourly means of one local day; None when too few are valid."""

    station: str
    pollutant: str
    local_day: date
    value: Decimal | None
    n_valid_hours: int


class Exceedance(NamedTuple):
    """A local day above the 24-hour limit."""

    station: str
    pollutant: str
    local_day: date


class Deployed(NamedTuple):
    """Where a sensor stands, what model it is, and what it tells of its station (None: all)."""

    station: str
    model: str
    reports: frozenset[str] | None = None

    def tells(self, pollutant: str) -> bool:
        return self.reports is None or pollutant in self.reports


@dataclass(frozen=True, slots=True)
class Expected:
    """All that the system must hold, each list in order."""

    readings: list[Reading]
    hours: list[Hour]
    days: list[Day]
    exceedances: list[Exceedance]


def expected(
    sent: Iterable[SentFrame],
    deployed: Mapping[str, Deployed],
    sampling_interval_s: int,
    claims: Mapping[tuple[str, str], str],
    as_of_ms: int,
    limits: Sequence[Limit] = THAI_24_HOUR_LIMITS,
) -> Expected:
    """What the system must hold after all that was sent has arrived.

    `deployed` is by sensor id; a sensor that stands nowhere has readings only. `claims` gives the
    claim class by (model, pollutant); what it leaves out is not claimable. A day that has
    ended by `as_of_ms` is over; of an open one only what is certain counts.

    Raises:
        ValueError: Two sensors tell the same of one station: how they share it is not defined.
    """
    _check_one_voice(deployed)
    sensor_readings = readings(sent, sampling_interval_s)
    world = replayed(sensor_readings, deployed, sampling_interval_s, claims)
    station_hours = hours(told_values(world), world.rules)
    return Expected(
        sensor_readings,
        [Hour(*hour.key[:2], hour.start_ms, hour.value, hour.n_valid) for hour in station_hours],
        [
            Day(*day.key[:2], day.local_day, day.value, day.n_valid)
            for day in days(station_hours, world.rules)
        ],
        [
            Exceedance(entry.station, entry.pollutant, entry.local_day)
            for entry in entries_of(station_hours, as_of_ms, limits, world.rules)
        ],
    )


def replayed(
    sensor_readings: Iterable[Reading],
    deployed: Mapping[str, Deployed],
    sampling_interval_s: int,
    claims: Mapping[tuple[str, str], str],
) -> World:
    """The world of a replay: every model measures everything, and a negative value has failed."""
    models = {place.model for place in deployed.values()}
    return World(
        models={
            model: Model(
                {
                    pollutant: Measured(claims.get((model, pollutant), NOT_CLAIMABLE), Decimal(0))
                    for pollutant in POLLUTANTS
                }
            )
            for model in models
        },
        sensors={
            sensor: Sensor(place.model, sampling_interval_s) for sensor, place in deployed.items()
        },
        deployments=tuple(
            Deployment(sensor, place.station, reports=place.reports)
            for sensor, place in deployed.items()
        ),
        stored=frozenset(
            Stored(each.sensor, each.t_ms, 0, each.pm1, each.pm25, each.pm10)
            for each in sensor_readings
        ),
    )


def _check_one_voice(deployed: Mapping[str, Deployed]) -> None:
    told: set[tuple[str, str]] = set()
    for sensor, place in deployed.items():
        for pollutant in filter(place.tells, POLLUTANTS):
            if (place.station, pollutant) in told:
                twice = f"{pollutant} of {place.station!r}, told by {sensor} as well"
                raise ValueError(f"{twice}: allowed is one sensor for each")
            told.add((place.station, pollutant))
