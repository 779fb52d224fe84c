"""What browsers may do with an answer: the security headers, the same for all (docs/http.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from api.request_target import is_of_api

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UNUSED: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
"""What the page does not need. Only names that browsers know: of others they complain."""
_OF_ALL: Final = {
    # No inline script or style: what a page may run or load comes from this server alone.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
}
_YEAR_S: Final = 365 * 24 * 3600


def security_headers(*, readers: str, hsts: bool) -> dict[str, str]:
    """The headers of an answer that pages of `readers` (same-origin, cross-origin) may load."""
    transport = {"Strict-Transport-Security": f"max-age={_YEAR_S}"} if hsts else {}
    return _OF_ALL | {"Cross-Origin-Resource-Policy": readers} | transport


class SecurityHeaders:
    """A layer that puts them on every answer; what a route has set itself stays."""

    def __init__(self, app: ASGIApp, *, hsts: bool, is_open: bool) -> None:
        """`is_open`: pages of other origins may read the API."""
        self._app = app
        self._own = security_headers(readers="same-origin", hsts=hsts)
        readers = "cross-origin" if is_open else "same-origin"
        self._of_api = security_headers(readers=readers, hsts=hsts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._of_api if is_of_api(scope) else self._own

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                for name, value in added.items():
                    headers.setdefault(name, value)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, secured)
