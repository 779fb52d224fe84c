"""What the routes share: built once by `create_app`, reached through each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from api.problems import NotFound
from api.queries.stations import fetch_station_id, fetch_stations

if TYPE_CHECKING:
    from fastapi.templating import Jinja2Templates

    from api.live import Live
    from api.push_intake import PushIntake
    from api.queries.database import Database, Row
    from dust.clock import Clock


@dataclass(frozen=True, slots=True)
class House:
    """The application's parts."""

    database: Database
    clock: Clock
    live: Live
    templates: Jinja2Templates
    texts: dict[str, dict[str, object]]
    pushes: PushIntake


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


InHouse = Annotated[House, Depends(house_of)]


async def station_id_of(house: House, code: str) -> int:
    """The key of the station called `code`, or a problem 404."""
    # No text in the database holds a zero character, and asking for one is an error there.
    station_id = None if "\x00" in code else await fetch_station_id(house.database, code)
    if station_id is None:
        raise NotFound("station", code, "the code of a station: see /api/v1/stations")
    return station_id


async def station_of(house: House, code: str) -> Row:
    """The row of the station called `code`, or a problem 404."""
    station_id = await station_id_of(house, code)
    return (await fetch_stations(house.database, [station_id]))[0]
