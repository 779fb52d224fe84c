"""Whether the service lives and can answer."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_response, utc
from api.house import InHouse
from dust.clock import instant


def router() -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", summary="Is the service alive and the database there?")
    async def healthz(house: InHouse) -> Response:
        await house.database.rows("SELECT 1 AS one")
        now = utc(instant(house.clock.now_ms()))
        return json_response({"status": "ok", "database": "ok", "time": now})

    return routes
