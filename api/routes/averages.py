"""Hours and days of one station: the stored averages with their coverage."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from api.answers import Answer, average_answer, json_response, limit_answer, utc
from api.house import House, InHouse, station_id_of
from api.queries.averages import fetch_averages
from api.queries.database import Row
from api.queries.stations import fetch_stations
from dust.claims import ClaimClass
from dust.clock import instant
from dust.errors import BadInput
from dust.exceedance import exceeds
from dust.periods import AveragingPeriod, Period, day_period, hour_of, local_day_of
from dust.pollutants import UGM3, Pollutant
from dust.standards import LimitPeriod, limit_in_force

_DEFAULT_HOURS: Final = timedelta(hours=48)
_DEFAULT_DAYS: Final = 31
_MOST: Final = timedelta(days=3660)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200

PollutantQuery = Annotated[Pollutant, Query(description="pm1, pm25, pm10 or tsp")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/stations/{code}", tags=["averages"])

    @routes.get("/hours", summary="Hourly means; by default the last 48 hours with the open one")
    async def hours(
        house: InHouse,
        code: str,
        pollutant: PollutantQuery = Pollutant.PM25,
        start: AwareDatetime | None = None,
        end: AwareDatetime | None = None,
    ) -> Response:
        station = await _station(house, code)
        now = instant(house.clock.now_ms())
        span = _span_of_hours(now, start, end)
        rows = await fetch_averages(
            house.database, station["station_id"], pollutant, AveragingPeriod.HOUR, span
        )
        zone = ZoneInfo(station["time_zone"])
        answers = [
            average_answer(row, zone, now) | {"n_expected": row["n_possible"]} for row in rows
        ]
        return json_response(_head(code, pollutant, span) | {"hours": answers})

    @routes.get("/days", summary="Local-day means of valid hours; the last 31 days by default")
    async def days(
        house: InHouse,
        code: str,
        pollutant: PollutantQuery = Pollutant.PM25,
        start: date | None = None,
        end: date | None = None,
    ) -> Response:
        station = await _station(house, code)
        zone = ZoneInfo(station["time_zone"])
        now = instant(house.clock.now_ms())
        span = _span_of_days(now, zone, start, end)
        rows = await fetch_averages(
            house.database, station["station_id"], pollutant, AveragingPeriod.DAY, span
        )
        answers = [_day_answer(row, pollutant, zone, now) for row in rows]
        return json_response(_head(code, pollutant, span) | {"days": answers})

    return routes


async def _station(house: House, code: str) -> Row:
    station_id = await station_id_of(house, code)
    return (await fetch_stations(house.database, [station_id]))[0]


def _head(code: str, pollutant: Pollutant, span: Period) -> Answer:
    return {
        "station": code,
        "pollutant": str(pollutant),
        "unit": UGM3,
        "period_start": utc(span.start),
        "period_end": utc(span.end),
    }


def _day_answer(row: Row, pollutant: Pollutant, zone: ZoneInfo, now: datetime) -> Answer:
    local_day = local_day_of(row["period_start"], zone)
    limit = limit_in_force(pollutant, LimitPeriod.DAY, local_day)
    answer = average_answer(row, zone, now)
    may_be_judged = answer["is_complete"] and row["claim_class"] != ClaimClass.NOT_CLAIMABLE
    return answer | {
        "local_day": local_day.isoformat(),
        "n_possible": row["n_possible"],
        "limit": limit_answer(limit) if limit else None,
        "exceeds": exceeds(limit, row["value"]) if limit and may_be_judged else None,
    }


def _within_the_calendar(field: str, moment: date | None) -> None:
    """Far enough from the first and the last year for every sum and every time zone."""
    if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadInput(field, moment.isoformat(), f"a year from {_FIRST_YEAR} to {_LAST_YEAR}")


def _span_of_hours(now: datetime, start: datetime | None, end: datetime | None) -> Period:
    _within_the_calendar("start", start)
    _within_the_calendar("end", end)
    until = end or hour_of(now).end
    return _checked(Period(start or until - _DEFAULT_HOURS, until))


def _span_of_days(now: datetime, zone: ZoneInfo, start: date | None, end: date | None) -> Period:
    _within_the_calendar("start", start)
    _within_the_calendar("end", end)
    until = end or local_day_of(now, zone) + timedelta(days=1)
    since = start or until - timedelta(days=_DEFAULT_DAYS)
    return _checked(Period(day_period(since, zone).start, day_period(until, zone).start))


def _checked(span: Period) -> Period:
    if span.start >= span.end:
        raise BadInput("end", utc(span.end), f"later than start ({utc(span.start)})")
    if span.end - span.start > _MOST:
        raise BadInput("start", utc(span.start), f"at most {_MOST.days} days before end")
    return span
