"""The indicators of one station and pollutant."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import json_response
from api.house import InHouse, station_of
from api.indicators import indicators_answer
from dust.clock import instant
from dust.pollutants import Pollutant

PollutantQuery = Annotated[Pollutant, Query(description="pm1, pm25, pm10 or tsp")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/stations/{code}", tags=["indicators"])

    @routes.get("/indicators", summary="Days over, the year to date against the last, data health")
    async def indicators(
        house: InHouse, code: str, pollutant: PollutantQuery = Pollutant.PM25
    ) -> Response:
        station = await station_of(house, code)
        now = instant(house.clock.now_ms())
        return json_response(await indicators_answer(house.database, station, pollutant, now))

    return routes
