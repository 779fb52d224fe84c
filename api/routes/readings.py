"""Single readings of one station, as they were measured, one stretch after the other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from api.answers import Answer, json_response, utc
from api.as_of import within_the_calendar
from api.cursor import Cursor, read_cursor
from api.house import House, InHouse, station_id_of
from api.queries.database import Row
from api.queries.readings import Order, Wanted, fetch_deployments, fetch_readings
from api.readings import (
    FIELDS,
    chosen_fields,
    claim_classes,
    deployment_answers,
    reading_answers,
    units_of,
)
from dust.clock import instant
from dust.errors import BadInput
from dust.periods import Period

_DEFAULT: Final = timedelta(hours=24)
_MOST: Final = timedelta(days=31)

OrderQuery = Annotated[Order, Query(description="asc: oldest first; desc: newest first")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="Readings at most.")]
After = Annotated[str | None, Query(description="Where the answer before ended: see its `next`.")]
Fields = Annotated[str | None, Query(description="Members of a reading, with commas between.")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/stations/{code}", tags=["readings"])

    @routes.get("/readings", summary="Single readings, uncorrected; the last 24 hours by default")
    async def readings(  # noqa: PLR0913, PLR0917  (one argument a query parameter)
        house: InHouse,
        code: str,
        start: AwareDatetime | None = None,
        end: AwareDatetime | None = None,
        order: OrderQuery = Order.ASC,
        limit: Limit = 1000,
        after: After = None,
        fields: Fields = None,
    ) -> Response:
        station_id = await station_id_of(house, code)
        span = _span(house, start, end)
        place = None if after is None else read_cursor(after)
        asked = _Asked(code, Wanted(span, order, limit, place), chosen_fields(fields))
        return await _answer(house, station_id, asked)

    return routes


class _Asked(NamedTuple):
    """Of which station which readings are wanted, and which members of each."""

    code: str
    wanted: Wanted
    fields: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/api/v1/stations/{quote(self.code, safe='')}"


async def _answer(house: House, station_id: int, asked: _Asked) -> Response:
    deployments = await fetch_deployments(house.database, station_id, asked.wanted.span)
    rows, has_more = await fetch_readings(house.database, deployments, asked.wanted)
    told = _head(asked, deployments)
    # Beside the loop: thousands of readings take long enough for the event streams to notice.
    return await asyncio.to_thread(_whole, told, rows, asked, has_more=has_more)


def _head(asked: _Asked, deployments: list[Row]) -> Answer:
    return {
        "station": asked.code,
        "period_start": utc(asked.wanted.span.start),
        "period_end": utc(asked.wanted.span.end),
        "order": str(asked.wanted.order),
        "uncorrected": True,
        "corrected_averages": f"{asked.path}/averages",
        "units": units_of(asked.fields),
        "claim_class": claim_classes(deployments),
        "deployments": deployment_answers(deployments),
    }


def _whole(head: Answer, rows: list[Row], asked: _Asked, *, has_more: bool) -> Response:
    following = _next_path(asked, rows[-1]) if has_more else None
    answers = reading_answers(rows, asked.fields)
    return json_response(head | {"readings": answers, "next": following})


def _next_path(asked: _Asked, last: Row) -> str:
    """The same question behind `last`; its span is spelt out, because the default one moves on."""
    wanted = asked.wanted
    query = {
        "start": wanted.span.start.isoformat(),
        "end": wanted.span.end.isoformat(),
        "order": str(wanted.order),
        "limit": str(wanted.limit),
        "after": Cursor(last["phenomenon_time"], last["sensor_id"], last["seq"]).text(),
    }
    if asked.fields != FIELDS:
        query["fields"] = ",".join(asked.fields)
    return f"{asked.path}/readings?{urlencode(query, safe=':,')}"


def _span(house: House, start: datetime | None, end: datetime | None) -> Period:
    within_the_calendar("start", start)
    within_the_calendar("end", end)
    until = (end or instant(house.clock.now_ms())).astimezone(UTC)
    since = until - _DEFAULT if start is None else start.astimezone(UTC)
    if since >= until:
        raise BadInput("end", utc(until), f"later than start ({utc(since)})")
    if until - since > _MOST:
        raise BadInput("start", utc(since), f"at most {_MOST.days} days before end ({utc(until)})")
    return Period(since, until)
