"""OpenMetrics of the API and of the stations, for whoever may read them."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from api.house import InHouse
from api.metrics import ApiMetrics, CountedRequests, DatabasePool
from api.problems import problem
from api.queries.newest import fetch_newest_figures
from api.station_gauges import HOURS_ASKED, StationGauges
from dust.clock import instant
from dust.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi import FastAPI
    from prometheus_client import Metric
    from prometheus_client.registry import Collector

    from api.house import House
    from api.settings import HttpSettings

_PATIENCE_S: Final = 3.0
_BY_A_PROXY: Final = ("forwarded", "x-forwarded-for", "via")


def install_metrics(app: FastAPI, settings: HttpSettings) -> None:
    """Count every request and answer `GET /metrics`; nothing at all where metrics are off."""
    if settings.metrics == "off":
        return
    metrics = ApiMetrics(version("dust-watch"))
    app.add_middleware(CountedRequests, metrics=metrics)
    app.include_router(_router(metrics, is_public=settings.metrics == "public"))


def _router(metrics: ApiMetrics, *, is_public: bool) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", summary="OpenMetrics of the API and the stations")
    async def tell(house: InHouse, request: Request) -> Response:
        if not is_public and not _is_local(request):
            return problem(403, "metrics are told to this machine only (DUST_API__METRICS)")
        stations = await _station_gauges(house)
        pool = DatabasePool(house.database.pool_stats(), answers=stations is not None)
        parts: list[Collector] = [metrics.registry, pool]
        if stations is not None:
            parts.append(stations)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(_Together(parts)), headers={"Content-Type": content_type})

    return routes


class _Together:
    """Several collectors as one: one document with one end."""

    def __init__(self, parts: Sequence[Collector]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        for part in self._parts:
            yield from part.collect()


async def _station_gauges(house: House) -> StationGauges | None:
    """None where the database does not answer in time: the rest is told all the same."""
    now = instant(house.clock.now_ms())
    try:
        async with asyncio.timeout(_PATIENCE_S):
            figures = await fetch_newest_figures(house.database, now, HOURS_ASKED)
    except (Unavailable, TimeoutError) as error:
        structlog.get_logger().debug("stations_unknown", reason=str(error))
        return None
    return StationGauges(figures, now)


def _is_local(request: Request) -> bool:
    """Whether the caller is on this machine, and does not speak for another one as a proxy does."""
    if any(name in request.headers for name in _BY_A_PROXY):
        return False
    try:
        return request.client is None or ip_address(request.client.host).is_loopback
    except ValueError:
        return False
