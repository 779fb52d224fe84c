"""What a request asks for: whether it is of the API, and that it is no longer than it may be."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from api.problems import problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

_API: Final = "/api/v1/"
MOST_BYTES: Final = 8000
"""RFC 9110, section 4.1: every server should take so much; no address of ours needs more."""


def is_of_api(scope: Mapping[str, Any]) -> bool:
    """Whether the request is for data, not for a page, a file or the service itself."""
    path: str = scope["path"]
    return path.startswith(_API)


def length_of(scope: Mapping[str, Any]) -> int:
    """The bytes of path and query as they came, the question mark among them."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return len(path) + (1 + len(query) if query else 0)


class BoundedTargets:
    """A layer that answers 414 before anything reads a target that is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = length_of(scope) if scope["type"] == "http" else 0
        if length <= MOST_BYTES:
            await self._app(scope, receive, send)
            return
        value, allowed = f"{length} bytes", f"at most {MOST_BYTES} bytes of path and query"
        refusal = problem(
            HTTPStatus.REQUEST_URI_TOO_LONG,
            f"the request target has {value}: allowed is {allowed}",
            field="request target",
            value=value,
            allowed=allowed,
        )
        await refusal(scope, receive, send)
