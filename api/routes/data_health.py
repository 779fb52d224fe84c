"""How well the data of one pollutant come, at every station."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import json_response, utc
from api.data_health import health_answers
from api.house import InHouse
from dust.clock import instant
from dust.pollutants import Pollutant

PollutantQuery = Annotated[Pollutant, Query(description="pm1, pm25, pm10 or tsp")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["data health"])

    @routes.get("/data-health", summary="All stations: last seen, completeness and flags of a day")
    async def data_health(house: InHouse, pollutant: PollutantQuery = Pollutant.PM25) -> Response:
        now = instant(house.clock.now_ms())
        return json_response(
            {
                "generated_at": utc(now),
                "pollutant": str(pollutant),
                "stations": await health_answers(house.database, pollutant, now),
            }
        )

    return routes
