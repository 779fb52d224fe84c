"""Which other origins' pages may read the API (CORS): none, some or all, never with credentials."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

from api.problems import problem
from api.request_target import is_of_api

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

ANY: Final = "*"
_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?"
)
_NEVER_SENT: Final = re.compile(r"http://.+:80|https://.+:443")
_ALLOWED: Final = (
    "http:// or https://, a host in lower case, a port where it is not the scheme's own, no path"
)


def origins_of(text: str) -> tuple[str, ...]:
    """The origins of a setting, which separates them by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Raise `ValueError` for what no browser would ever send."""
    if ANY in origins and len(origins) > 1:
        raise ValueError(f"{', '.join(origins)}: allowed is {ANY} alone, or origins without it")
    for origin in origins:
        if origin != ANY and (_NEVER_SENT.fullmatch(origin) or not _ORIGIN.fullmatch(origin)):
            raise ValueError(f"{origin}: allowed is {ANY}, or {_ALLOWED}")
    return origins


class CrossOrigin(CORSMiddleware):
    """The framework's layer for the API alone: metrics and pushes stay among themselves."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=("If-None-Match",),
            allow_credentials=False,
            expose_headers=("ETag", "Retry-After"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_of_api(scope):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The framework's answer, its refusal as a problem document."""
        answer = super().preflight_response(request_headers)
        if answer.status_code != HTTPStatus.BAD_REQUEST:
            return answer
        refusal = problem(HTTPStatus.BAD_REQUEST, bytes(answer.body).decode())
        for name in ("access-control-allow-origin", "vary"):
            if name in answer.headers:
                refusal.headers[name] = answer.headers[name]
        return refusal
