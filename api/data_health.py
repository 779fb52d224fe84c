"""How well the data of one pollutant come at a station, as an answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.answers import Answer, number, utc
from api.queries.averages import fetch_averages
from api.queries.health import fetch_first_deployed, fetch_flag_counts, fetch_hours_of_all
from api.queries.stations import fetch_sensors, fetch_stations
from dust.claims import ClaimClass, claims_table, weakest
from dust.indicators.health import (
    Completeness,
    FlaggedValues,
    age_s,
    all_tests,
    health_state,
    names_of_tests,
)
from dust.periods import (
    HOUR,
    AveragingPeriod,
    Period,
    day_period,
    hour_of,
    last_24_hours,
    local_day_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from api.queries.database import Database, Row
    from dust.pollutants import Pollutant


@dataclass(frozen=True, slots=True)
class _Day:
    """What came of one pollutant at one station in a day: whole hours, and readings until now."""

    pollutant: Pollutant
    sensor: Row
    hours_span: Period
    hours: list[Row]
    readings_span: Period
    counts: Row


async def health_answer(
    database: Database, station: Row, pollutant: Pollutant, now: datetime
) -> Answer | None:
    """Completeness, newest reading, flags and the state; None where nothing measures it now."""
    station_id = station["station_id"]
    sensor = _sensor_of(await fetch_sensors(database, [station_id], now), pollutant)
    if sensor is None:
        return None
    since = (await fetch_first_deployed(database, pollutant, station_id)).get(station_id)
    day = _since(last_24_hours(now), since)
    month = _since(_month_so_far(now, ZoneInfo(station["time_zone"])), since)
    whole = Period(min(day.start, month.start), hour_of(now).start)
    hours = await fetch_averages(database, station_id, pollutant, AveragingPeriod.HOUR, whole)
    newest = [row for row in hours if row["period_start"] >= day.start]
    readings = _readings_span(sensor, now)
    asked = {sensor["sensor_id"]: readings.start}
    counts = await fetch_flag_counts(database, asked, pollutant, readings)
    found = _Day(pollutant, sensor, day, newest, readings, counts[sensor["sensor_id"]])
    so_far = _completeness_answer(_completeness(hours, month), month)
    return _day_answer(found, now) | {"month_to_date": so_far}


async def health_answers(database: Database, pollutant: Pollutant, now: datetime) -> list[Answer]:
    """Every station with the health of a day, in as many queries as for one."""
    stations = await fetch_stations(database, None)
    days = await _days_of_all(database, pollutant, now)
    return [
        {
            "code": station["code"],
            "name": {"th": station["name_th"], "en": station["name_en"]},
            "health": _day_answer(days[key], now) if key in days else None,
        }
        for station in stations
        for key in (station["station_id"],)
    ]


async def _days_of_all(database: Database, pollutant: Pollutant, now: datetime) -> dict[int, _Day]:
    """By station; those where nothing measures the pollutant now are left out."""
    deployed = await fetch_sensors(database, None, now)
    sensors = {row["station_id"]: row for row in deployed if pollutant in row["reports"]}
    first = await fetch_first_deployed(database, pollutant)
    days = {key: _since(last_24_hours(now), first.get(key)) for key in sensors}
    hours: defaultdict[int, list[Row]] = defaultdict(list)
    for row in await fetch_hours_of_all(database, pollutant, last_24_hours(now)):
        if row["station_id"] in days and row["period_start"] >= days[row["station_id"]].start:
            hours[row["station_id"]].append(row)
    spans = {row["sensor_id"]: _readings_span(row, now) for row in sensors.values()}
    asked = {sensor_id: span.start for sensor_id, span in spans.items()}
    counts = await fetch_flag_counts(database, asked, pollutant, Period(now - 24 * HOUR, now))
    return {
        key: _Day(pollutant, sensor, days[key], hours[key], spans[sensor_id], counts[sensor_id])
        for key, sensor in sensors.items()
        for sensor_id in (sensor["sensor_id"],)
    }


def _readings_span(sensor: Row, now: datetime) -> Period:
    """The running hour is not whole yet: its readings are looked at, its mean is not."""
    return Period(max(now - 24 * HOUR, sensor["deployed_from"]), now)


def _day_answer(found: _Day, now: datetime) -> Answer:
    sensor, counts = found.sensor, found.counts
    flagged = FlaggedValues(counts["n_values"], counts["n_suspect"], counts["n_failed"])
    last_day = _completeness(found.hours, found.hours_span)
    age = age_s(sensor["phenomenon_time"], now)
    return {
        "sensor": sensor["code"],
        "state": str(health_state(age, sensor["sampling_interval_s"], last_day, flagged)),
        "last_seen": None if sensor["phenomenon_time"] is None else utc(sensor["phenomenon_time"]),
        "age_s": None if age is None else round(age),
        "last_24h": _completeness_answer(last_day, found.hours_span),
        "values": _values_answer(flagged, found.readings_span),
        "active_flags": names_of_tests(all_tests(row["qc_tests"] for row in found.hours)),
        "claim_class": str(_claim_of(found.hours, sensor, found.pollutant)),
    }


def _sensor_of(sensors: list[Row], pollutant: Pollutant) -> Row | None:
    return next((row for row in sensors if pollutant in row["reports"]), None)


def _month_so_far(now: datetime, zone: ZoneInfo) -> Period:
    first = local_day_of(now, zone).replace(day=1)
    return Period(hour_of(day_period(first, zone).start).start, hour_of(now).start)


def _since(span: Period, first: datetime | None) -> Period:
    """The part of a span of whole hours since something could be measured at all."""
    if first is None or first <= span.start:
        return span
    from_hour = hour_of(first)
    start = from_hour.start if from_hour.start == first else from_hour.end
    return Period(min(start, span.end), span.end)


def _completeness(hours: list[Row], span: Period) -> Completeness:
    valid = [
        row
        for row in hours
        if row["value"] is not None and span.start <= row["period_start"] < span.end
    ]
    return Completeness(len(valid), len(span.hours()))


def _completeness_answer(found: Completeness, span: Period) -> Answer:
    return {
        "period_start": utc(span.start),
        "period_end": utc(span.end),
        "n_valid": found.n_valid,
        "n_possible": found.n_possible,
        "share": number(found.share),
    }


def _values_answer(flagged: FlaggedValues, span: Period) -> Answer:
    return {
        "period_start": utc(span.start),
        "period_end": utc(span.end),
        "n_values": flagged.n_values,
        "n_suspect": flagged.n_suspect,
        "n_failed": flagged.n_failed,
        "suspect_share": number(flagged.suspect_share),
        "failed_share": number(flagged.failed_share),
    }


def _claim_of(hours: list[Row], sensor: Row, pollutant: Pollutant) -> ClaimClass:
    """As good as the weakest valid hour of the last 24; without any, as good as the sensor."""
    told = [ClaimClass(row["claim_class"]) for row in hours if row["value"] is not None]
    return weakest(told) if told else claims_table().models[sensor["model"]].claim_of(pollutant)
