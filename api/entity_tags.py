"""Entity tags of the API's answers, so that who asks again hears 304 where nothing has changed.

RFC 9110, sections 8.8.3 and 13.1.2. A tag is weak: compression changes the bytes, and what only
follows the clock is left out of it.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from api.request_target import is_of_api

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 2_000_000
"""Above it an answer costs more to hash than its tag is worth."""
_BY_THE_CLOCK: Final = re.compile(rb'"(?:generated_at":"[^"\\]*"|age_s":[0-9.]+)')
"""When the answer was made, and ages reckoned from it. Inside a JSON string a quote has a backslash
before it, so that no text of a station can look like one of these members."""
_NAMED: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_OF_304: Final = frozenset({b"cache-control", b"content-location", b"etag", b"expires", b"vary"})
"""RFC 9110, section 15.4.5; `Date` is the server's."""


def entity_tag(body: bytes) -> str:
    """The weak tag of a JSON answer: the same while only the clock has moved."""
    digest = blake2b(_BY_THE_CLOCK.sub(b"", body), digest_size=16).hexdigest()
    return f'W/"{digest}"'


def is_named(if_none_match: str, tag: str) -> bool:
    """Whether the field names the tag, by weak comparison; `*` names any."""
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _NAMED.findall(if_none_match)


class EntityTags:
    """A layer that tags every JSON answer to GET; an event stream passes it untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and is_of_api(scope):
            asked = ", ".join(Headers(scope=scope).getlist("if-none-match"))
            send = _Answer(send, asked).send
        await self._app(scope, receive, send)


class _Answer:
    """One answer: its head waits for the first part of its body, and nothing waits longer."""

    def __init__(self, send: Send, if_none_match: str) -> None:
        self._send = send
        self._if_none_match = if_none_match
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _may_be_tagged(message):
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None and _is_whole(message):
            head, message = self._tagged(head, message)
        if head is not None:
            await self._send(head)
        await self._send(message)

    def _tagged(self, head: Message, message: Message) -> tuple[Message, Message]:
        """Head and body with the tag, or those of a 304."""
        headers = MutableHeaders(raw=list(head["headers"]))
        headers["ETag"] = tag = entity_tag(message.get("body", b""))
        headers.setdefault("Cache-Control", "no-cache")  # to be kept, and asked about each time
        if not is_named(self._if_none_match, tag):
            return {**head, "headers": headers.raw}, message
        headers.add_vary_header("Accept-Encoding")  # as compression says of the answer itself
        kept = [(name, value) for name, value in headers.raw if name.lower() in _OF_304]
        unchanged = {**head, "status": HTTPStatus.NOT_MODIFIED, "headers": kept}
        return unchanged, {"type": "http.response.body", "body": b""}


def _may_be_tagged(head: Message) -> bool:
    headers = Headers(raw=list(head.get("headers", ())))
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    is_kept = "etag" not in headers and "no-store" not in headers.get("cache-control", "")
    return head["status"] == HTTPStatus.OK and is_json and is_kept


def _is_whole(message: Message) -> bool:
    """Whether it is all of the body, and not too much of it."""
    return (
        message["type"] == "http.response.body"
        and not message.get("more_body", False)
        and len(message.get("body", b"")) <= MOST_BYTES
    )
