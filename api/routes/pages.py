"""The live page in Thai and in English."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from api.house import House, InHouse
from api.queries.stations import fetch_network
from dust.errors import Unavailable

_OTHER: Final = {"th": "/en", "en": "/"}


def router() -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def thai(request: Request, house: InHouse) -> Response:
        return await _page(request, house, "th")

    @routes.get("/en")
    async def english(request: Request, house: InHouse) -> Response:
        return await _page(request, house, "en")

    return routes


async def _page(request: Request, house: House, lang: str) -> Response:
    context = {
        "lang": lang,
        "t": house.texts[lang],
        "other_lang_href": _OTHER[lang],
        "example": await _is_example(house),
    }
    return house.templates.TemplateResponse(request, "page.html", context)


async def _is_example(house: House) -> bool:
    """Whether the banner is drawn at once; without the database the page comes all the same."""
    try:
        network = await fetch_network(house.database)
    except Unavailable:
        return False
    return bool(network and network["is_example"])
