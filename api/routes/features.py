"""Stations as features of a map."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_response, utc
from api.board import board
from api.house import InHouse
from api.station_features import MEDIA_TYPE, station_features
from dust.clock import instant


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["stations"])

    # `/api/v1/stations/{code}` begins with a slash more, so neither route hides the other.
    @routes.get("/stations.geojson", summary="All stations as GeoJSON (RFC 7946)")
    async def features(house: InHouse) -> Response:
        stations = (await board(house.database, house.clock)).values()
        content = {
            "type": "FeatureCollection",
            "generated_at": utc(instant(house.clock.now_ms())),
            "features": station_features(stations, house.texts),
        }
        return json_response(content, MEDIA_TYPE)

    return routes
