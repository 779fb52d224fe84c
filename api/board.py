"""The board: each station as people see it now, made from newest readings and recent hours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from api.answers import Answer, limit_answer, number, utc
from api.queries.stations import (
    fetch_network,
    fetch_recent_hours,
    fetch_sensors,
    fetch_stations,
)
from api.rules import rules_of
from dust.air_quality_index import Index, overall_index, thai_scale
from dust.averaging import Average, rolling_average
from dust.claims import ClaimClass, Judgement, claims_of, claims_table, judgement_of, weakest
from dust.clock import instant
from dust.decimals import exact
from dust.indicators.today import FRESH_S, day_outlook, day_so_far, trend_of
from dust.periods import HOUR, Period, day_period, hour_of, last_24_hours, local_day_of
from dust.pollutants import UGM3, Pollutant
from dust.quality import QcFlag
from dust.standards import LimitPeriod, limit_in_force

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from decimal import Decimal

    from api.queries.database import Database, Row
    from dust.clock import Clock
    from dust.standards import LimitValue, RuleSet

SERVED: Final = (Pollutant.PM25, Pollutant.PM10)


@dataclass(frozen=True, slots=True)
class _Parts:
    """One station's rows."""

    station: Row
    sensors: list[Row]
    hours: list[Row]
    rules: RuleSet

    def hours_in(self, pollutant: Pollutant, period: Period) -> list[Row]:
        return [
            row
            for row in self.hours
            if row["pollutant"] == pollutant and period.start <= row["period_start"] < period.end
        ]

    def sensor_of(self, pollutant: Pollutant) -> Row | None:
        return next((row for row in self.sensors if pollutant in row["reports"]), None)

    def claim_of(self, pollutant: Pollutant) -> ClaimClass:
        sensor = self.sensor_of(pollutant)
        models = claims_table().models
        return models[sensor["model"]].claim_of(pollutant) if sensor else ClaimClass.NOT_CLAIMABLE


async def board(
    database: Database, clock: Clock, station_ids: Collection[int] | None = None
) -> dict[int, Answer]:
    """Every station (or those asked for) by its key."""
    now = instant(clock.now_ms())
    rules = rules_of(await fetch_network(database))
    stations = await fetch_stations(database, station_ids)
    sensors = _by_station(await fetch_sensors(database, station_ids, now))
    hours = _by_station(await fetch_recent_hours(database, station_ids, now))
    return {
        key: station_answer(_Parts(row, sensors[key], hours[key], rules), now)
        for row in stations
        for key in (row["station_id"],)
    }


def station_answer(parts: _Parts, now: datetime) -> Answer:
    """One station at the instant `now`."""
    row = parts.station
    zone = ZoneInfo(row["time_zone"])
    rolling = {pollutant: _rolling(parts, pollutant, last_24_hours(now)) for pollutant in SERVED}
    return {
        "code": row["code"],
        "name": {"th": row["name_th"], "en": row["name_en"]},
        "kind": row["kind"],
        "zone": row["zone"],
        "example": row["is_example"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "time_zone": row["time_zone"],
        "now": {str(p): _now(parts, p, now) for p in SERVED},
        "rolling_24h": {str(p): _mean_answer(found) for p, found in rolling.items()},
        "aqi": _index_answer(rolling),
        "today": _today(parts, now, zone),
        "health": {"last_reading_time": _last_reading_time(parts)},
    }


def sensor_answer(row: Row) -> Answer:
    """A sensor with what its numbers may be used for."""
    return {
        "code": row["code"],
        "model": row["model"],
        "sampling_interval_s": row["sampling_interval_s"],
        "claims": claims_of(claims_table().models[row["model"]]),
    }


def _by_station(rows: list[Row]) -> defaultdict[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["station_id"]].append(row)
    return grouped


def _now(parts: _Parts, pollutant: Pollutant, now: datetime) -> Answer | None:
    sensor = parts.sensor_of(pollutant)
    if sensor is None or sensor[pollutant] is None or sensor[f"qc_{pollutant}"] == QcFlag.FAIL:
        return None
    value = exact(sensor[pollutant])
    age_s = max(0, round((now - sensor["phenomenon_time"]).total_seconds()))
    last_hour = parts.hours_in(pollutant, _hour_before(now))
    trend = trend_of(value, last_hour[0]["value"] if last_hour else None)
    is_fresh = age_s <= FRESH_S
    return {
        "value": float(value),
        "unit": UGM3,
        "phenomenon_time": utc(sensor["phenomenon_time"]),
        "age_s": age_s,
        "is_fresh": is_fresh,
        "trend": str(trend) if trend and is_fresh else None,
        "claim_class": str(parts.claim_of(pollutant)),
        "qc_flag": sensor[f"qc_{pollutant}"],
    }


def _hour_before(now: datetime) -> Period:
    this_hour = hour_of(now)
    return Period(this_hour.start - (this_hour.end - this_hour.start), this_hour.start)


@dataclass(frozen=True, slots=True)
class _Rolling:
    """The mean of the last 24 whole hours and what it may be used for."""

    average: Average
    claim: ClaimClass
    period: Period
    rules: RuleSet

    @property
    def mean_for_index(self) -> Decimal | None:
        """A PM10 that is not claimable never makes an index."""
        judged = judgement_of(self.claim) is not Judgement.NOT_JUDGED
        return self.average.value if judged else None


def _rolling(parts: _Parts, pollutant: Pollutant, period: Period) -> _Rolling | None:
    rows = parts.hours_in(pollutant, period)
    if not rows:
        return None
    valid = [row["value"] for row in rows if row["value"] is not None]
    average = rolling_average(valid, len(rows), parts.rules)
    return _Rolling(average, weakest(_claims_told(rows)), period, parts.rules)


def _mean_answer(found: _Rolling | None) -> Answer | None:
    if found is None:
        return None
    return {
        "value": number(found.average.value),
        "unit": UGM3,
        "period_start": utc(found.period.start),
        "period_end": utc(found.period.end),
        "n_valid": found.average.coverage.n_valid,
        "n_possible": found.average.coverage.n_possible,
        "is_complete": found.average.is_complete,
        "claim_class": str(found.claim),
        "rule_set": found.rules.id,
    }


def _index_answer(rolling: dict[Pollutant, _Rolling | None]) -> Answer | None:
    means = {
        pollutant: mean
        for pollutant, found in rolling.items()
        if found and (mean := found.mean_for_index) is not None
    }
    index = overall_index(means)
    leading = rolling[index.pollutant] if index else None
    if index is None or leading is None:
        return None
    return _words(index) | {
        "period_start": utc(leading.period.start),
        "period_end": utc(leading.period.end),
        "claim_class": str(leading.claim),
    }


def _words(index: Index) -> Answer:
    category = index.category
    return {
        "scale": thai_scale().id,
        "aqi": index.aqi,
        "above_scale": index.aqi is None,
        "category": category.level,
        "name": category.name.model_dump(),
        "colour_word": category.colour_word.model_dump(),
        "colour": category.colour,
        "pollutant": str(index.pollutant),
        "advice": category.advice.model_dump() if category.advice else None,
    }


def _today(parts: _Parts, now: datetime, zone: ZoneInfo) -> Answer:
    local_day = local_day_of(now, zone)
    period = day_period(local_day, zone)
    answer: Answer = {"local_day": local_day.isoformat()}
    for pollutant in SERVED:
        limit = limit_in_force(pollutant, LimitPeriod.DAY, local_day)
        # The running hour may still end lower, so it tells nothing for certain.
        rows = parts.hours_in(pollutant, Period(period.start, hour_of(now).start))
        claim = _claim_of_day(parts, pollutant, rows)
        if parts.sensor_of(pollutant) is None and not rows:
            answer[str(pollutant)] = None
            continue
        so_far = day_so_far([r["value"] for r in rows if r["value"] is not None], limit, claim)
        judged = limit if so_far.judgement is not Judgement.NOT_JUDGED else None
        answer[str(pollutant)] = _outlook_answer(rows, period, now, judged) | {
            "mean": number(so_far.mean),
            "unit": UGM3,
            "n_valid": so_far.n_valid,
            "n_possible": len(period.hours()),
            "period_start": utc(period.start),
            "period_end": utc(period.end),
            "limit": limit_answer(limit) if limit else None,
            "judgement": str(so_far.judgement),
            "state": str(so_far.state),
            "claim_class": str(claim),
        }
    return answer


def _outlook_answer(
    rows: list[Row], day: Period, now: datetime, limit: LimitValue | None
) -> Answer:
    """What the rest of the day may bring; by no limit value where the numbers are not judged."""
    values = {row["period_start"]: row["value"] for row in rows}
    elapsed = Period(day.start, hour_of(now).start).hours()
    outlook = day_outlook([values.get(hour) for hour in elapsed], limit, len(day.hours()))
    certain_h = outlook.certain_after_h
    return {
        "headroom": number(outlook.headroom),
        "projected": number(outlook.projected),
        "exceeded_for_certain_at": None if certain_h is None else utc(day.start + certain_h * HOUR),
    }


def _claim_of_day(parts: _Parts, pollutant: Pollutant, rows: list[Row]) -> ClaimClass:
    """As good as the day's weakest valid hour; before the first, as good as the sensor."""
    told = _claims_told(rows)
    return weakest(told) if told else parts.claim_of(pollutant)


def _claims_told(rows: list[Row]) -> list[ClaimClass]:
    """The claim classes of the valid hours."""
    return [ClaimClass(row["claim_class"]) for row in rows if row["value"] is not None]


def _last_reading_time(parts: _Parts) -> str | None:
    times: list[Any] = [r["phenomenon_time"] for r in parts.sensors if r["phenomenon_time"]]
    return utc(max(times)) if times else None
