"""Sensors: what they are, what they may claim, where they measure now."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response

from api.answers import Answer, json_response, utc
from api.board import sensor_answer
from api.house import House, InHouse
from api.problems import NotFound
from api.queries.database import Row
from api.queries.sensors import fetch_known_sensors
from dust.clock import instant


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/sensors", tags=["sensors"])

    @routes.get("", summary="All sensors with model, claims, place and newest reading")
    async def sensors(house: InHouse) -> Response:
        now = instant(house.clock.now_ms())
        rows = await fetch_known_sensors(house.database, now)
        return json_response({"generated_at": utc(now), "sensors": [_answer(row) for row in rows]})

    @routes.get("/{code}", summary="One sensor")
    async def sensor(house: InHouse, code: str) -> Response:
        now = instant(house.clock.now_ms())
        row = await _sensor_of(house, code, now)
        return json_response({"generated_at": utc(now), "sensor": _answer(row)})

    return routes


async def _sensor_of(house: House, code: str, now: datetime) -> Row:
    """The row of the sensor called `code`, or a problem 404."""
    # No text in the database holds a zero character, and asking for one is an error there.
    rows = [] if "\x00" in code else await fetch_known_sensors(house.database, now, code)
    if not rows:
        raise NotFound("sensor", code, "the code of a sensor: see /api/v1/sensors")
    return rows[0]


def _answer(row: Row) -> Answer:
    return sensor_answer(row) | {
        "gateway": row["gateway"],
        "deployment": _deployment(row),
        "last_reading_time": row["phenomenon_time"] and utc(row["phenomenon_time"]),
    }


def _deployment(row: Row) -> Answer | None:
    """Where it measures now; None for a sensor that is nowhere."""
    if row["station"] is None:
        return None
    return {
        "station": row["station"],
        "deployed_from": utc(row["deployed_from"]),
        "reports": row["reports"],
    }
