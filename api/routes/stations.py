"""Stations as people see them now."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_response, utc
from api.board import board, sensor_answer
from api.house import InHouse, station_id_of
from api.queries.stations import fetch_network, fetch_sensors
from dust.clock import instant


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/stations", tags=["stations"])

    @routes.get("", summary="All stations with newest value, rolling 24 h, index and today")
    async def stations(house: InHouse) -> Response:
        network = await fetch_network(house.database)
        answers = await board(house.database, house.clock)
        return json_response(
            {
                "generated_at": utc(instant(house.clock.now_ms())),
                "network": network
                and {
                    "code": network["code"],
                    "name": {"th": network["name_th"], "en": network["name_en"]},
                    "example": network["is_example"],
                },
                "stations": list(answers.values()),
            }
        )

    @routes.get("/{code}", summary="One station with its sensors")
    async def station(house: InHouse, code: str) -> Response:
        station_id = await station_id_of(house, code)
        now = instant(house.clock.now_ms())
        answers = await board(house.database, house.clock, [station_id])
        sensors = await fetch_sensors(house.database, [station_id], now)
        answer = answers[station_id] | {"sensors": [sensor_answer(row) for row in sensors]}
        return json_response({"generated_at": utc(now), "station": answer})

    return routes
