"""The live page in Thai and in English."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from api.house import House, InHouse

_OTHER: Final = {"th": "/en", "en": "/"}
_HEADERS: Final = {
    # No inline script or style: what a page may run or load comes from this server alone.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def router() -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def thai(request: Request, house: InHouse) -> Response:
        return _page(request, house, "th")

    @routes.get("/en")
    async def english(request: Request, house: InHouse) -> Response:
        return _page(request, house, "en")

    return routes


def _page(request: Request, house: House, lang: str) -> Response:
    context = {"lang": lang, "t": house.texts[lang], "other_lang_href": _OTHER[lang]}
    return house.templates.TemplateResponse(request, "page.html", context, headers=_HEADERS)
