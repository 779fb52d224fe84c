"""The names that a route takes in its query, wherever it declares them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.query_parameters import names_of


class Page(BaseModel):
    """Parameters together."""

    limit: int = 10
    cursor: str = ""


def asked_from(since: str = "") -> str:
    return since


def test_names_come_from_the_route_what_it_depends_on_and_models() -> None:
    routes = APIRouter()

    @routes.get("/{code}")
    async def tell(
        code: str,
        since: Annotated[str, Depends(asked_from)],
        page: Annotated[Page, Query()],
        kind: Annotated[str, Query(alias="sort")] = "",
        x_token: Annotated[str, Header()] = "",
    ) -> list[object]:
        return [code, since, page, kind, x_token]

    (route,) = (route for route in routes.routes if isinstance(route, APIRoute))

    assert {"since", "limit", "cursor", "sort"} == set(names_of(route.dependant))
