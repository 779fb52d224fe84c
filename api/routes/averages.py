"""Hours, days, months and years of one station: the stored averages with their coverage."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from api.answers import Answer, average_answer, json_response, limit_answer, number, utc
from api.as_of import AsOf, checked_as_of, told_as_of, within_the_calendar
from api.house import House, InHouse, station_of
from api.queries.averages import fetch_averages
from api.queries.database import Row
from dust.claims import ClaimClass
from dust.clock import instant
from dust.errors import BadInput
from dust.exceedance import exceeds, rounded_for
from dust.periods import AveragingPeriod, Period, day_period, hour_of, local_day_of
from dust.pollutants import UGM3, Pollutant
from dust.standards import LimitPeriod, LimitValue, limit_in_force

_DEFAULT_HOURS: Final = timedelta(hours=48)
_DEFAULT_DAYS: Final = 31
_MOST: Final = timedelta(days=3660)
_DEFAULT_YEARS: Final = 9
_LIMIT_PERIOD: Final = {
    AveragingPeriod.DAY: LimitPeriod.DAY,
    AveragingPeriod.YEAR: LimitPeriod.YEAR,
}

KindQuery = Annotated[AveragingPeriod, Query(description="hour, day, month or year")]
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
        as_of: AsOf = None,
    ) -> Response:
        asked = await _asked(house, code, pollutant, as_of)
        span = _span_of_hours(asked.now, start, end)
        rows = await _rows(house, asked, AveragingPeriod.HOUR, span)
        answers = [
            average_answer(row, asked.zone, asked.now) | {"n_expected": row["n_possible"]}
            for row in rows
        ]
        return json_response(_head(asked, span) | {"hours": answers})

    @routes.get("/days", summary="Local-day means of valid hours; the last 31 days by default")
    async def days(
        house: InHouse,
        code: str,
        pollutant: PollutantQuery = Pollutant.PM25,
        start: date | None = None,
        end: date | None = None,
        as_of: AsOf = None,
    ) -> Response:
        asked = await _asked(house, code, pollutant, as_of)
        span = _span_of_days(asked, AveragingPeriod.DAY, start, end)
        rows = await _rows(house, asked, AveragingPeriod.DAY, span)
        answers = [_judged_answer(row, asked, AveragingPeriod.DAY) for row in rows]
        return json_response(_head(asked, span) | {"days": answers})

    _add_averages(routes)
    return routes


def _add_averages(routes: APIRouter) -> None:
    @routes.get("/averages", summary="Averages of one kind, by local days: the newest by default")
    async def averages(  # noqa: PLR0913, PLR0917  (one argument a query parameter)
        house: InHouse,
        code: str,
        kind: KindQuery,
        pollutant: PollutantQuery = Pollutant.PM25,
        start: date | None = None,
        end: date | None = None,
        as_of: AsOf = None,
    ) -> Response:
        asked = await _asked(house, code, pollutant, as_of)
        span = _span_of_days(asked, kind, start, end)
        rows = await _rows(house, asked, kind, span)
        answers = [_judged_answer(row, asked, kind) for row in rows]
        return json_response(_head(asked, span) | {"kind": str(kind), "averages": answers})


class _Asked(NamedTuple):
    """Whose averages are wanted, and as of when."""

    station: Row
    pollutant: Pollutant
    zone: ZoneInfo
    now: datetime
    as_of: datetime | None


async def _asked(house: House, code: str, pollutant: Pollutant, as_of: datetime | None) -> _Asked:
    """As of an instant that has passed, the time is that instant for all that is said."""
    known = checked_as_of(as_of)
    station = await station_of(house, code)
    now = instant(house.clock.now_ms())
    told_at = now if known is None else min(now, known)
    return _Asked(station, pollutant, ZoneInfo(station["time_zone"]), told_at, known)


async def _rows(house: House, asked: _Asked, kind: AveragingPeriod, span: Period) -> list[Row]:
    return await fetch_averages(
        house.database,
        asked.station["station_id"],
        asked.pollutant,
        kind,
        span,
        as_of=asked.as_of,
    )


def _head(asked: _Asked, span: Period) -> Answer:
    return {
        "station": asked.station["code"],
        "pollutant": str(asked.pollutant),
        "unit": UGM3,
        "period_start": utc(span.start),
        "period_end": utc(span.end),
        **told_as_of(asked.as_of),
    }


def _judged_answer(row: Row, asked: _Asked, kind: AveragingPeriod) -> Answer:
    """An average with the limit value of its kind, if there is one, in force when it began."""
    local_day = local_day_of(row["period_start"], asked.zone)
    judged = _LIMIT_PERIOD.get(kind)
    limit = limit_in_force(asked.pollutant, judged, local_day) if judged else None
    answer = average_answer(row, asked.zone, asked.now)
    may_be_judged = limit is not None and row["claim_class"] != ClaimClass.NOT_CLAIMABLE
    return answer | {
        "local_day": local_day.isoformat(),
        "n_possible": row["n_possible"],
        "limit": limit_answer(limit) if limit else None,
        "rounded": number(rounded_for(limit, row["value"]))
        if limit and answer["is_complete"]
        else None,
        "exceeds": _exceeds(row, limit, asked.now) if limit and may_be_judged else None,
    }


def _exceeds(row: Row, limit: LimitValue, now: datetime) -> bool | None:
    """None where nothing can be said: the period runs, or hours are missing and it is not certain.

    A day with hours missing that is above the level even so counts, as in the ledger.
    """
    if row["period_end"] > now:
        return None
    if row["value"] is not None:
        return exceeds(limit, row["value"])
    is_day = limit.averaging_period is LimitPeriod.DAY
    if not is_day or row["partial_mean"] is None:
        return None
    least = row["partial_mean"] * row["n_valid"] / row["n_possible"]
    return limit.is_broken_by(least) or None


def _span_of_hours(now: datetime, start: datetime | None, end: datetime | None) -> Period:
    within_the_calendar("start", start)
    within_the_calendar("end", end)
    until = end or hour_of(now).end
    return _checked(Period(start or until - _DEFAULT_HOURS, until))


def _span_of_days(
    asked: _Asked, kind: AveragingPeriod, start: date | None, end: date | None
) -> Period:
    """The periods that begin on the local days from `start` up to, not including, `end`."""
    within_the_calendar("start", start)
    within_the_calendar("end", end)
    until = end or local_day_of(asked.now, asked.zone) + timedelta(days=1)
    since = start or _default_start(kind, until)
    return _checked(
        Period(day_period(since, asked.zone).start, day_period(until, asked.zone).start)
    )


def _default_start(kind: AveragingPeriod, until: date) -> date:
    """31 days, 13 months or 10 years, the running ones among them; two days of hours."""
    newest = until - timedelta(days=1)
    match kind:
        case AveragingPeriod.HOUR:
            return newest - timedelta(days=1)
        case AveragingPeriod.DAY:
            return until - timedelta(days=_DEFAULT_DAYS)
        case AveragingPeriod.MONTH:
            return date(newest.year - 1, newest.month, 1)
        case AveragingPeriod.YEAR:
            return date(newest.year - _DEFAULT_YEARS, 1, 1)


def _checked(span: Period) -> Period:
    if span.start >= span.end:
        raise BadInput("end", utc(span.end), f"later than start ({utc(span.start)})")
    if span.end - span.start > _MOST:
        raise BadInput("start", utc(span.start), f"at most {_MOST.days} days before end")
    return span
