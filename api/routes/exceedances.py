"""The exceedance ledger: what stands, per station and day."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response

from api.answers import exceedance_answer, json_response
from api.as_of import AsOf, checked_as_of, told_as_of
from api.house import House, InHouse, station_id_of
from api.queries.exceedances import fetch_exceedances

Withdrawn = Annotated[bool, Query(description="Also entries that were withdrawn.")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="Entries at most.")]


class _Asked(NamedTuple):
    """Which entries are wanted."""

    withdrawn: bool
    limit: int
    as_of: datetime | None


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["exceedances"])

    @routes.get("/exceedances", summary="Standing entries of all stations, newest day first")
    async def of_all(
        house: InHouse,
        station: str | None = None,
        *,
        withdrawn: Withdrawn = False,
        limit: Limit = 1000,
        as_of: AsOf = None,
    ) -> Response:
        asked = _Asked(withdrawn, limit, checked_as_of(as_of))
        return await _answer(house, station, asked)

    @routes.get("/stations/{code}/exceedances", summary="Standing entries of one station")
    async def of_station(
        house: InHouse,
        code: str,
        *,
        withdrawn: Withdrawn = False,
        limit: Limit = 1000,
        as_of: AsOf = None,
    ) -> Response:
        asked = _Asked(withdrawn, limit, checked_as_of(as_of))
        return await _answer(house, code, asked)

    return routes


async def _answer(house: House, station: str | None, asked: _Asked) -> Response:
    if station is not None:
        await station_id_of(house, station)
    rows = await fetch_exceedances(
        house.database,
        station,
        withdrawn=asked.withdrawn,
        limit=asked.limit,
        as_of=asked.as_of,
    )
    return json_response(
        told_as_of(asked.as_of) | {"exceedances": [exceedance_answer(row) for row in rows]}
    )
