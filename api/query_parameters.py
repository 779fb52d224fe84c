"""The query parameters that a route declares: any other is refused, so that no typo goes unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params

from api.request_target import is_of_api
from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator


async def refuse_unknown(request: Request) -> None:
    """Raise `BadInput` for the first query parameter that the route of the API does not have."""
    if not request.query_params or not is_of_api(request.scope):
        return
    known = sorted(set(names_of(request.scope["route"].dependant)))
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise BadInput(name, value, _allowed(known))


KnownOnly: Final = Depends(refuse_unknown)


def names_of(dependant: Dependant) -> Iterator[str]:
    """The names in the query that an endpoint or what it depends on reads."""
    # Of its own only the query: the framework's flat list does not say where a parameter lies.
    for field in get_flat_params(Dependant(query_params=dependant.query_params)):
        yield field.validation_alias or field.alias
    for needed in dependant.dependencies:
        yield from names_of(needed)


def _allowed(known: list[str]) -> str:
    return f"the parameters {', '.join(known)}" if known else "no query parameter"
