"""The exceedance ledger: what stands, per station and day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import exceedance_answer, json_response
from api.house import House, InHouse, station_id_of
from api.queries.exceedances import fetch_exceedances

Withdrawn = Annotated[bool, Query(description="Also entries that were withdrawn.")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="Entries at most.")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["exceedances"])

    @routes.get("/exceedances", summary="Standing entries of all stations, newest day first")
    async def of_all(
        house: InHouse,
        station: str | None = None,
        *,
        withdrawn: Withdrawn = False,
        limit: Limit = 1000,
    ) -> Response:
        return await _answer(house, station, withdrawn=withdrawn, limit=limit)

    @routes.get("/stations/{code}/exceedances", summary="Standing entries of one station")
    async def of_station(
        house: InHouse, code: str, *, withdrawn: Withdrawn = False, limit: Limit = 1000
    ) -> Response:
        return await _answer(house, code, withdrawn=withdrawn, limit=limit)

    return routes


async def _answer(house: House, station: str | None, *, withdrawn: bool, limit: int) -> Response:
    if station is not None:
        await station_id_of(house, station)
    rows = await fetch_exceedances(house.database, station, withdrawn=withdrawn, limit=limit)
    return json_response({"exceedances": [exceedance_answer(row) for row in rows]})
