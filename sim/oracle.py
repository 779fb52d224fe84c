"""The oracle: what the system must hold, worked out naively from what was sent.

It is the second opinion: exact arithmetic, no code of the system, no cleverness. The rules are
those of docs/domain-rules.md sections 2, 3, 6 and 7.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

POLLUTANTS = ("pm1", "pm25", "pm10")
NOT_CLAIMABLE = "not_claimable"

_HOUR_MS = 3_600_000
_HOUR_CAPTURE = Fraction(3, 4)
_DAY_HOURS = 24
_DAY_VALID_HOURS = 18
_BANGKOK = timezone(timedelta(hours=7))


class SentFrame(NamedTuple):
    """One frame that must count: levels in ug/m3 as it carries them, None where it has none."""

    sensor: str
    t_ms: int
    pm1: Decimal | None
    pm25: Decimal | None
    pm10: Decimal | None


class Reading(NamedTuple):
    """The mean of a sensor's frames in one sampling interval, stamped with its last millisecond."""

    sensor: str
    t_ms: int
    n: int
    pm1: Decimal | None
    pm25: Decimal | None
    pm10: Decimal | None


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


class Limit(NamedTuple):
    """A 24-hour limit: a mean rounded half up to so many decimals must not be above the level."""

    pollutant: str
    level_ugm3: Decimal
    decimals: int
    valid_from: date


class Deployed(NamedTuple):
    """Where a sensor stands, what model it is, and what it tells of its station (None: all)."""

    station: str
    model: str
    reports: frozenset[str] | None = None

    def tells(self, pollutant: str) -> bool:
        return self.reports is None or pollutant in self.reports


THAI_24_HOUR_LIMITS = (
    Limit("pm25", Decimal("37.5"), 1, date(2023, 6, 1)),  # Gazette, in force since 1 June 2023
    Limit("pm10", Decimal(120), 0, date(2004, 8, 1)),  # NEB notification no. 24, 2004
)


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
    models = _model_by_voice(deployed)
    sensor_readings = readings(sent, sampling_interval_s)
    station_hours = hours(sensor_readings, deployed, sampling_interval_s)
    claimed = [
        hour
        for hour in station_hours
        if claims.get((models[hour.station, hour.pollutant], hour.pollutant), NOT_CLAIMABLE)
        != NOT_CLAIMABLE
    ]
    return Expected(
        sensor_readings, station_hours, days(station_hours), exceedances(claimed, as_of_ms, limits)
    )


def readings(sent: Iterable[SentFrame], sampling_interval_s: int) -> list[Reading]:
    """Frames of one sensor in one aligned interval, averaged and rounded to 3 decimals."""
    interval_ms = sampling_interval_s * 1000
    groups: defaultdict[tuple[str, int], list[SentFrame]] = defaultdict(list)
    for frame in sent:
        groups[frame.sensor, frame.t_ms // interval_ms].append(frame)
    return [
        Reading(
            sensor,
            (interval + 1) * interval_ms - 1,
            len(frames),
            _frames_mean([frame.pm1 for frame in frames]),
            _frames_mean([frame.pm25 for frame in frames]),
            _frames_mean([frame.pm10 for frame in frames]),
        )
        for (sensor, interval), frames in sorted(groups.items())
    ]


def hours(
    sensor_readings: Iterable[Reading], deployed: Mapping[str, Deployed], sampling_interval_s: int
) -> list[Hour]:
    """Hourly means per station and pollutant; an hour exists once a value of it does."""
    groups: defaultdict[tuple[str, str, int], list[Decimal]] = defaultdict(list)
    for reading in sensor_readings:
        if reading.sensor not in deployed:
            continue
        station = deployed[reading.sensor].station
        period_start_ms = reading.t_ms // _HOUR_MS * _HOUR_MS
        for pollutant, level in zip(POLLUTANTS, reading[3:], strict=True):
            if level is not None and deployed[reading.sensor].tells(pollutant):
                groups[station, pollutant, period_start_ms].append(level)
    return [
        Hour(*key, *_hourly_mean(levels, sampling_interval_s))
        for key, levels in sorted(groups.items())
    ]


def days(station_hours: Iterable[Hour]) -> list[Day]:
    """Local-day means of the valid hourly means, valid from 18 of 24 hours on."""
    return [
        Day(*key, _rounded(_mean(means), 6) if len(means) >= _DAY_VALID_HOURS else None, len(means))
        for key, means in sorted(_valid_means_by_day(station_hours).items())
    ]


def exceedances(
    station_hours: Iterable[Hour], as_of_ms: int, limits: Sequence[Limit] = THAI_24_HOUR_LIMITS
) -> list[Exceedance]:
    """Days above the limit in force on them, as known at an instant.

    A day that is not over, or has fewer than 18 valid hours, is judged as if every other hour had
    been zero: what is above the limit even so has exceeded it for certain. The hour that is still
    running tells nothing.
    """
    ended = [hour for hour in station_hours if hour.period_start_ms + _HOUR_MS <= as_of_ms]
    today = local_day_of(as_of_ms)
    return [
        Exceedance(station, pollutant, local_day)
        for (station, pollutant, local_day), means in sorted(_valid_means_by_day(ended).items())
        for limit in limits
        if limit.pollutant == pollutant
        if limit.valid_from <= local_day
        if _judged_mean(means, limit, is_over=local_day < today) > limit.level_ugm3
    ]


def local_day_of(instant_ms: int) -> date:
    """The day in Bangkok on which an instant falls."""
    moment = datetime.fromtimestamp(instant_ms // 1000, UTC)
    return moment.astimezone(_BANGKOK).date()


def _model_by_voice(deployed: Mapping[str, Deployed]) -> dict[tuple[str, str], str]:
    """The model that tells of each (station, pollutant)."""
    models: dict[tuple[str, str], str] = {}
    for sensor, place in deployed.items():
        for pollutant in filter(place.tells, POLLUTANTS):
            if (place.station, pollutant) in models:
                told = f"{pollutant} of {place.station!r}, told by {sensor} as well"
                raise ValueError(f"{told}: allowed is one sensor for each")
            models[place.station, pollutant] = place.model
    return models


def _frames_mean(levels: Sequence[Decimal | None]) -> Decimal | None:
    carried = [level for level in levels if level is not None]
    return _rounded(_mean(carried), 3) if carried else None


def _hourly_mean(levels: Sequence[Decimal], interval_s: int) -> tuple[Decimal | None, int]:
    counting = [level for level in levels if level >= 0]  # a negative level has failed
    captured = Fraction(len(counting) * interval_s, 3600)
    value = _rounded(_mean(counting), 6) if captured >= _HOUR_CAPTURE else None
    return value, len(counting)


def _valid_means_by_day(
    station_hours: Iterable[Hour],
) -> dict[tuple[str, str, date], list[Decimal]]:
    groups: dict[tuple[str, str, date], list[Decimal]] = {}
    for hour in station_hours:
        key = (hour.station, hour.pollutant, local_day_of(hour.period_start_ms))
        means = groups.setdefault(key, [])
        if hour.value is not None:
            means.append(hour.value)
    return groups


def _judged_mean(means: Sequence[Decimal], limit: Limit, *, is_over: bool) -> Decimal:
    """The mean that is held against the limit: kept to 6 decimals, then rounded as it says."""
    complete = is_over and len(means) >= _DAY_VALID_HOURS
    total = sum(map(Fraction, means), Fraction())
    kept = _rounded(total / (len(means) if complete else _DAY_HOURS), 6)
    if is_over and not complete:
        return kept  # a lower bound is not rounded
    return _rounded(Fraction(kept), limit.decimals, ROUND_HALF_UP)


def _mean(values: Sequence[Decimal]) -> Fraction:
    return Fraction(sum(values, Decimal())) / len(values)


def _rounded(value: Fraction, decimals: int, ties: str = ROUND_HALF_EVEN) -> Decimal:
    """An exact value as a decimal: floor to whole steps, then settle what is left over."""
    steps = value * 10**decimals
    whole = steps.numerator // steps.denominator
    left = steps - whole
    up = left > Fraction(1, 2) or (
        left == Fraction(1, 2) and (ties == ROUND_HALF_UP or whole % 2 == 1)
    )
    return Decimal(whole + up).scaleb(-decimals)
