"""What is said of a station: its state payload, the same figures as the API tells.

Of each component the value and its attributes: period, coverage, claim class, rule set. What is
late has no value, because Home Assistant would draw old air as new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dust.claims import Judgement, judgement_of, weakest
from dust.indicators.health import HealthState
from dust.indicators.today import DayState, day_so_far
from dust.periods import day_period, local_day_of
from dust.pollutants import UGM3, Pollutant
from dust.standards import LimitPeriod, limit_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from dust.claims import ClaimClass
    from dust.indicators.newest import (
        HourlyMean,
        NewestValue,
        PollutantFigures,
        StationFigures,
        Weather,
    )

Said = dict[str, Any]
HOURS_ASKED: Final = 25
JUDGED: Final = (Pollutant.PM25, Pollutant.PM10)


def is_available(station: StationFigures) -> bool:
    """Silent is what data health calls silent: six hours without a reading."""
    return station.state is not HealthState.SILENT


def state_of(station: StationFigures, now: datetime) -> Said:
    """The state payload: one member for each component that the station can have."""
    said: Said = {
        "station": station.code,
        "newest_reading_time": _time(station.newest_time),
        "t_c": _weather(station.t_c),
        "rh": _weather(station.rh),
    }
    zone = ZoneInfo(station.time_zone)
    for pollutant, figures in station.pollutants.items():
        said[f"{pollutant}_newest"] = _newest(figures.newest)
        said[f"{pollutant}_hour"] = _hour(figures.hour(now))
        if pollutant in JUDGED:
            said[f"{pollutant}_over"] = _over(pollutant, figures, now, zone)
    return said


def claim_lately(figures: PollutantFigures) -> ClaimClass:
    """As good as the weakest hour of the last 25; without one, as good as the sensor.

    Not of the local day alone: a name made of it would change at midnight until the first hour.
    """
    return _claim_of(figures.hours, figures)


def _claim_of(hours: Sequence[HourlyMean], figures: PollutantFigures) -> ClaimClass:
    return weakest(hour.claim_class for hour in hours) if hours else figures.claim_class


def _newest(newest: NewestValue | None) -> Said:
    if newest is None:
        return _unknown()
    return {
        "value": None if newest.is_late else _number(newest.value),
        "attributes": {
            "averaging_period_s": newest.sampling_interval_s,
            "phenomenon_time": _time(newest.phenomenon_time),
            "unit": UGM3,
            "corrected": False,
            "claim_class": str(newest.claim_class),
            "qc_flag": newest.qc_flag,
        },
    }


def _hour(hour: HourlyMean | None) -> Said:
    if hour is None:
        return _unknown()
    return {
        "value": _number(hour.value),
        "attributes": {
            "averaging_period": "hour",
            "period_start": _time(hour.period_start),
            "period_end": _time(hour.period_end),
            "unit": UGM3,
            "uncorrected_value": _number(hour.uncorrected_value),
            "n_valid": hour.n_valid,
            "n_possible": hour.n_possible,
            "time_coverage": _number(hour.time_coverage),
            "data_capture": _number(hour.data_capture),
            "data_coverage": _number(hour.data_coverage),
            "claim_class": str(hour.claim_class),
            "rule_set": hour.rule_set,
        },
    }


def _over(pollutant: Pollutant, figures: PollutantFigures, now: datetime, zone: ZoneInfo) -> Said:
    """ON when the day's mean is above the limit for certain, even if no more dust came."""
    local_day = local_day_of(now, zone)
    limit = limit_in_force(pollutant, LimitPeriod.DAY, local_day)
    hours = figures.of_today(now, zone)
    claim = _claim_of(hours, figures)
    so_far = day_so_far([hour.value for hour in hours], limit, claim)
    judged = limit is not None and judgement_of(claim) is not Judgement.NOT_JUDGED
    is_over = so_far.state is DayState.EXCEEDED_FOR_CERTAIN
    return {
        "value": ("ON" if is_over else "OFF") if judged else None,
        "attributes": {
            "judgement": str(so_far.judgement),
            "local_day": local_day.isoformat(),
            "limit": limit and {"id": limit.id, "level": float(limit.level_ugm3), "unit": UGM3},
            "mean_so_far": _number(so_far.mean),
            "n_valid": so_far.n_valid,
            "n_possible": len(day_period(local_day, zone).hours()),
            "claim_class": str(claim),
            "rule_set": hours[-1].rule_set if hours else None,
        },
    }


def _weather(weather: Weather | None) -> Said:
    if weather is None:
        return _unknown()
    return {
        "value": None if weather.is_late else _number(weather.value),
        "attributes": {"phenomenon_time": _time(weather.phenomenon_time)},
    }


def _unknown() -> Said:
    return {"value": None, "attributes": {}}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
