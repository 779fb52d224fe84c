"""How the gateways fare."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_response, utc
from api.gateways import gateway_answers
from api.house import InHouse
from api.queries.gateways import fetch_gateways
from dust.clock import instant


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["gateways"])

    @routes.get("/gateways", summary="Each gateway: when it last spoke, its spool, clock, sensors")
    async def gateways(house: InHouse) -> Response:
        now = instant(house.clock.now_ms())
        rows = await fetch_gateways(house.database)
        return json_response({"generated_at": utc(now), "gateways": gateway_answers(rows, now)})

    return routes
