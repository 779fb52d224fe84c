"""The port on which a worker answers how it does: /metrics, /healthz and /readyz over HTTP.

`healthz`: the process lives. `readyz`: it is connected to the broker and the database answers.
"""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

import msgspec
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import Metric

    from ingest.backlog import Backlog
    from ingest.metrics import Metrics

_JSON: Final = "application/json"
_READ_TIMEOUT_S: Final = 10
_Answer = tuple[HTTPStatus, str, bytes]


class MetricsPort:
    """Listens from the moment it is built, so that a used port is told before anything starts."""

    def __init__(self, host: str, port: int, metrics: Metrics, backlog: Backlog) -> None:
        self._metrics = metrics
        self._backlog = backlog
        metrics.registry.register(_WaitingHours(backlog))
        routes = {
            "/metrics": self._tell,
            "/healthz": lambda _: (HTTPStatus.OK, _JSON, b'{"status":"ok"}'),
            "/readyz": self._readiness,
        }
        self._server = _listen(host, port, routes)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        structlog.get_logger().info("metrics_served", port=self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _tell(self, accepts: str) -> _Answer:
        encode, content_type = choose_encoder(accepts)
        return HTTPStatus.OK, content_type, encode(self._metrics.registry)

    def _readiness(self, _: str) -> _Answer:
        found = {
            "broker": self._metrics.broker_is_connected,
            "database": self._backlog.ask() is not None,
        }
        status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, msgspec.json.encode({"ready": status is HTTPStatus.OK, **found})


class _WaitingHours:
    """Figures that are asked for at the moment of the scrape; left out where nobody answers."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def describe(self) -> Iterator[Metric]:
        """The families without asking: being registered needs no database."""
        yield from self._families()

    def collect(self) -> Iterator[Metric]:
        waiting, set_aside = self._families()
        found = self._backlog.ask()
        if found is not None:
            waiting.add_metric((), found.hours)
            set_aside.add_metric((), found.set_aside)
        yield from (waiting, set_aside)

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("dust_ingest_hours_waiting", "Hours whose averages must be made."),
            GaugeMetricFamily("dust_ingest_hours_set_aside", "Hours that could not be made."),
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], routes: dict[str, Callable[[str], _Answer]]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.routes = routes
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Without looking up the host's name, which can take long where there is no name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class _Handler(BaseHTTPRequestHandler):
    """One request of a connection, which may not take for ever."""

    timeout = _READ_TIMEOUT_S
    server: _Server

    def do_GET(self) -> None:
        route = self.server.routes.get(self.path.partition("?")[0])
        if route is None:
            self.send_error(HTTPStatus.NOT_FOUND, "allowed: " + ", ".join(self.server.routes))
            return
        status, content_type, body = route(self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "dust-ingest"

    def log_message(self, *_: object) -> None:
        """A scrape every few seconds is nothing to log."""


def _listen(host: str, port: int, routes: dict[str, Callable[[str], _Answer]]) -> _Server:
    try:
        return _Server((host, port), routes)
    except OSError as error:
        allowed = f"a port that is free on {host}, one for each worker of a machine ({error})"
        raise BadInput("ingest.metrics_port", port, allowed) from None
