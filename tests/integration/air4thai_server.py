"""A history service on this machine that answers in both formats, and in all the wrong ways."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from ingest.air4thai.page_format import PATH_OF, PageFormat

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

BANGKOK = timedelta(hours=7)
HOUR = timedelta(hours=1)
Fault = "Callable[[BaseHTTPRequestHandler], None]"


class Air4ThaiServer:
    """What the service knows (by the beginning of the hour, UTC), what it was asked, its faults."""

    def __init__(self) -> None:
        self.hours: dict[datetime, dict[str, float | None]] = {}
        self.asked: list[str] = []
        self.faults: list[Callable[[BaseHTTPRequestHandler], None]] = []
        """Each answers one question in the service's stead."""
        self.url = ""
        self.released = threading.Event()
        """Lets slow answers go."""

    def sdates(self) -> list[str]:
        return [parse_qs(urlsplit(path).query)["sdate"][0] for path in self.asked]

    def answer(self, path: str) -> bytes:
        asked, query = urlsplit(path), parse_qs(urlsplit(path).query)
        page_format = next(one for one, known in PATH_OF.items() if asked.path.endswith(known))
        first, last = (date.fromisoformat(query[name][0]) for name in ("sdate", "edate"))
        rows = [
            row
            for start, values in self.hours.items()
            if first <= (row := _row(page_format, start, values))[0].date() <= last
        ]
        block = {
            "stationID": query["stationID"][0],
            "params": query["param"][0].split(","),
            "data": [
                {"DATETIMEDATA": f"{label:%Y-%m-%d %H:%M:%S}", **told} for label, told in rows
            ],
            "summary": {},
        }
        return json.dumps({"result": "OK", "error": "", "stations": [block]}).encode()


def _row(
    page_format: PageFormat, start: datetime, values: dict[str, float | None]
) -> tuple[datetime, dict[str, Any]]:
    if page_format is PageFormat.NEW:
        return start + BANGKOK + HOUR, dict(values)
    rounded = {name: "-" if value is None else round(value) for name, value in values.items()}
    return start + BANGKOK, rounded


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def says(body: bytes, status: int = 200, **headers: str) -> Callable[..., None]:
    """A fault that answers with this."""
    return lambda handler: reply(handler, body, status, **headers)


@contextmanager
def serving_air4thai(context: ssl.SSLContext | None = None) -> Iterator[Air4ThaiServer]:
    """The service on a port of its own; with `context` over TLS."""
    known = Air4ThaiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            if known.faults:
                known.faults.pop(0)(self)
            else:
                reply(self, known.answer(self.path))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up is no error
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    known.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield known
    finally:
        known.released.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


def day(first: datetime, *levels: float | None) -> dict[datetime, dict[str, float | None]]:
    """Hours from `first` (UTC) on with these levels of PM2.5; PM10 is twice as much."""
    return {
        first + n * HOUR: {"PM25": level, "PM10": None if level is None else level * 2}
        for n, level in enumerate(levels)
    }


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to hour
