"""The composition root of the API: builds every part and puts the routes together."""

from __future__ import annotations

import asyncio
import tomllib
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from api.house import House
from api.layers import install_layers
from api.live import Live
from api.push_intake import PushIntake
from api.queries.database import Database
from api.query_parameters import KnownOnly
from api.routes import (
    averages,
    claims,
    data_health,
    exceedances,
    features,
    gateways,
    health,
    indicators,
    limit_values,
    live,
    pages,
    pushes,
    readings,
    rule_sets,
    sensors,
    stations,
)
from api.routes.metrics import install_metrics
from dust.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from api.settings import ApiSettings

_ROUTES: Final = (
    health,
    stations,
    features,
    readings,
    averages,
    exceedances,
    indicators,
    data_health,
    gateways,
    live,
    sensors,
    limit_values,
    rule_sets,
    claims,
    pages,
    pushes,
)


def create_app(settings: ApiSettings) -> FastAPI:
    """The application; nothing is connected before it starts.

    The interactive pages of the framework are off: they load their scripts from elsewhere.
    """
    app = FastAPI(
        title="Dust Watch",
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[KnownOnly],
    )
    app.state.house = _build_house(settings)
    for module in _ROUTES:
        app.include_router(module.router())
    app.mount("/static", _Static(directory=_pages() / "static"), name="static")
    install_layers(app, settings.api)
    install_metrics(app, settings.api)  # the outermost layer: it counts every request
    return app


class _Static(StaticFiles):
    """Static files that a browser asks about again: their names carry no version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401  (passed on)
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    await house.database.open()
    telling = asyncio.create_task(house.live.run())
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await house.pushes.close()
        await house.database.close()


def _build_house(settings: ApiSettings) -> House:
    clock = SystemClock()
    database = Database(settings)
    return House(
        database=database,
        clock=clock,
        live=Live(database, clock, settings.api.live_interval_s),
        templates=Jinja2Templates(_pages() / "templates"),
        texts={lang: _texts(lang) for lang in ("th", "en")},
        pushes=PushIntake(settings, clock),
    )


def _pages() -> Path:
    return Path(__file__).parent / "pages"


def _texts(lang: str) -> dict[str, object]:
    return tomllib.loads((_pages() / "texts" / f"{lang}.toml").read_text("utf-8"))
