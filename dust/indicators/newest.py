"""What stations say now: newest readings and valid hours, each with all that it must carry.

Pure functions of rows (`dust.storage.newest_rows`) and an instant. A newest value is one of a
sensor that is deployed now and did not fail its tests; when it is *late*, as data health says, it
is not the air now any more. An hour is told for three hours after its end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from dust.claims import ClaimClass, claims_table
from dust.decimals import exact
from dust.indicators.health import Completeness, FlaggedValues, HealthState, age_s, health_state
from dust.languages import TwoLanguages
from dust.periods import day_period, local_day_of
from dust.pollutants import Pollutant
from dust.quality import QcFlag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

Row = dict[str, Any]
HOUR_IS_TOLD: Final = timedelta(hours=3)
_NOTHING_POSSIBLE: Final = Completeness(0, 0)
_NOTHING_FLAGGED: Final = FlaggedValues(0, 0, 0)


@dataclass(frozen=True, slots=True)
class NewestValue:
    """The newest reading's value of a pollutant, µg/m³, as the sensor said it (not corrected)."""

    value: Decimal
    phenomenon_time: datetime
    age_s: float
    is_late: bool
    qc_flag: int
    claim_class: ClaimClass
    sampling_interval_s: float


@dataclass(frozen=True, slots=True)
class HourlyMean:
    """A valid hourly mean, µg/m³, corrected and not, over [period_start, period_end)."""

    period_start: datetime
    period_end: datetime
    value: Decimal
    uncorrected_value: Decimal | None
    n_valid: int
    n_possible: int
    time_coverage: Decimal
    data_capture: Decimal
    data_coverage: Decimal
    claim_class: ClaimClass
    rule_set: str


@dataclass(frozen=True, slots=True)
class PollutantFigures:
    """What a station tells of one pollutant: `hours` in order, the claim class of the sensor."""

    newest: NewestValue | None
    hours: tuple[HourlyMean, ...]
    claim_class: ClaimClass

    def hour(self, now: datetime) -> HourlyMean | None:
        """The newest valid hour, unless it ended too long ago to be told."""
        newest = self.hours[-1] if self.hours else None
        return newest if newest and now - newest.period_end <= HOUR_IS_TOLD else None

    def of_today(self, now: datetime, zone: ZoneInfo) -> list[HourlyMean]:
        """The valid hours of the station's local day."""
        start = day_period(local_day_of(now, zone), zone).start
        return [hour for hour in self.hours if hour.period_start >= start]


@dataclass(frozen=True, slots=True)
class Weather:
    """What a sensor says of the air inside its own housing."""

    value: Decimal
    phenomenon_time: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class StationFigures:
    """A station that has a sensor now; `t_c` and `rh` are of its newest readings that have them."""

    code: str
    name: TwoLanguages
    kind: str
    zone: str | None
    time_zone: str
    models: tuple[str, ...]
    newest_time: datetime | None
    state: HealthState
    pollutants: dict[Pollutant, PollutantFigures]
    t_c: Weather | None
    rh: Weather | None


def newest_figures(
    sensors: Iterable[Row], hours: Iterable[Row], now: datetime
) -> list[StationFigures]:
    """Every station that has a sensor now, in the order of the rows, sorted by station."""
    by_pollutant: defaultdict[tuple[str, str], list[HourlyMean]] = defaultdict(list)
    for row in hours:
        by_pollutant[row["station"], row["pollutant"]].append(_hourly_mean(row))
    return [
        _station(list(rows), by_pollutant, now)
        for _, rows in groupby(sensors, key=lambda row: row["station"])
    ]


def _station(
    rows: list[Row], hours: Mapping[tuple[str, str], list[HourlyMean]], now: datetime
) -> StationFigures:
    first = rows[0]
    times = [row["phenomenon_time"] for row in rows if row["phenomenon_time"]]
    return StationFigures(
        code=first["station"],
        name=TwoLanguages(th=first["name_th"], en=first["name_en"]),
        kind=first["kind"],
        zone=first["zone"],
        time_zone=first["time_zone"],
        models=tuple(dict.fromkeys(row["model"] for row in rows)),
        newest_time=max(times, default=None),
        state=min((_state(row, now) for row in rows), key=list(HealthState).index),
        pollutants={
            pollutant: _pollutant(
                row, pollutant, hours.get((first["station"], str(pollutant)), []), now
            )
            for pollutant in Pollutant
            for row in rows
            if pollutant in row["reports"]
        },
        t_c=_weather(rows, "t_c", now),
        rh=_weather(rows, "rh", now),
    )


def _pollutant(
    row: Row, pollutant: Pollutant, hours: list[HourlyMean], now: datetime
) -> PollutantFigures:
    claim = claims_table().models[row["model"]].claim_of(pollutant)
    return PollutantFigures(_newest(row, pollutant, claim, now), tuple(hours), claim)


def _newest(row: Row, pollutant: Pollutant, claim: ClaimClass, now: datetime) -> NewestValue | None:
    if row[pollutant] is None or row[f"qc_{pollutant}"] == QcFlag.FAIL:
        return None
    return NewestValue(
        value=exact(row[pollutant]),
        phenomenon_time=row["phenomenon_time"],
        age_s=age_s(row["phenomenon_time"], now) or 0.0,
        is_late=_state(row, now) is not HealthState.GOOD,
        qc_flag=row[f"qc_{pollutant}"],
        claim_class=claim,
        sampling_interval_s=row["sampling_interval_s"],
    )


def _weather(rows: list[Row], field: str, now: datetime) -> Weather | None:
    told = [row for row in rows if row[field] is not None]
    if not told:
        return None
    row = max(told, key=lambda each: each["phenomenon_time"])
    is_late = _state(row, now) is not HealthState.GOOD
    return Weather(exact(row[field]), row["phenomenon_time"], is_late)


def _state(row: Row, now: datetime) -> HealthState:
    """Good, late or silent: of the age alone."""
    age = age_s(row["phenomenon_time"], now)
    return health_state(age, row["sampling_interval_s"], _NOTHING_POSSIBLE, _NOTHING_FLAGGED)


def _hourly_mean(row: Row) -> HourlyMean:
    return HourlyMean(
        period_start=row["period_start"],
        period_end=row["period_end"],
        value=row["value"],
        uncorrected_value=row["uncorrected_value"],
        n_valid=row["n_valid"],
        n_possible=row["n_possible"],
        time_coverage=row["time_coverage"],
        data_capture=row["data_capture"],
        data_coverage=row["data_coverage"],
        claim_class=ClaimClass(row["claim_class"]),
        rule_set=row["rule_set"],
    )
