"""What the API counts of itself, for OpenMetrics (docs/metrics.md).

Requests by the template of their route, never by their path: nobody can make a label by asking.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAULT: Final = 500


class ApiMetrics:
    """The numbers of one process of the API."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        Info("dust_api", "The version.", registry=self.registry).info({"version": version})
        self.requests = Counter(
            "dust_api_requests",
            "Requests answered or begun to be, by the template of their route.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "dust_api_request_duration_seconds",
            "From a request to the first byte of its answer.",
            ("route",),
            unit="seconds",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.open_answers = Gauge(
            "dust_api_open_answers",
            "Answers that have begun and not ended; those of the live stream are open pages.",
            ("route",),
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)


class CountedRequests:
    """The outermost layer of the application: counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(self._metrics, scope)

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.begin(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            answer.end()


class _Answer:
    """One answer from its request to its end."""

    def __init__(self, metrics: ApiMetrics, scope: Scope) -> None:
        self._metrics = metrics
        self._scope = scope
        self._asked_s = time.perf_counter()
        self._route: str | None = None

    def begin(self, status: int) -> None:
        self._route = route = _route_of(self._scope)
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.seconds.labels(route).observe(time.perf_counter() - self._asked_s)
        self._metrics.open_answers.labels(route).inc()

    def end(self) -> None:
        """Also of one that never began: the client went away, or a fault of ours."""
        if self._route is None:
            self.begin(_FAULT)
        self._metrics.open_answers.labels(self._route).dec()


def _route_of(scope: Scope) -> str:
    """The template that the router has found, the place of a mounted part, or a word."""
    route: Any = scope.get("route")
    if route is not None:
        return str(route.path)
    if "endpoint" in scope:
        return scope.get("root_path") or "framework"
    return "unmatched"


class DatabasePool:
    """The state of the pool of connections, as it is at the scrape."""

    def __init__(self, stats: Mapping[str, int], *, answers: bool) -> None:
        self._stats = stats
        self._answers = answers

    def collect(self) -> Iterator[Metric]:
        stats = self._stats
        yield GaugeMetricFamily(
            "dust_api_database_up", "1 if the database answered this scrape.", int(self._answers)
        )
        connections = GaugeMetricFamily(
            "dust_api_database_connections", "Connections of the pool.", labels=("state",)
        )
        idle = stats.get("pool_available", 0)
        connections.add_metric(("idle",), idle)
        connections.add_metric(("used",), stats.get("pool_size", 0) - idle)
        yield connections
        yield GaugeMetricFamily(
            "dust_api_database_waiting_requests",
            "Requests that wait for a connection.",
            stats.get("requests_waiting", 0),
        )
        for name, meaning, key in _POOL_COUNTS:
            yield CounterMetricFamily(f"dust_api_database_{name}", meaning, stats.get(key, 0))


_POOL_COUNTS: Final = (
    ("requests", "Connections asked for.", "requests_num"),
    ("request_errors", "Connections asked for in vain.", "requests_errors"),
    ("connections_lost", "Connections found dead.", "connections_lost"),
)
