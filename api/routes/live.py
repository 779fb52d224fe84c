"""The live stream of station changes (server-sent events)."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.house import InHouse


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["live"])

    @routes.get("/live", summary="Stations as they change, as server-sent events")
    async def live(house: InHouse) -> StreamingResponse:
        return StreamingResponse(
            house.live.events(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes
