"""The API behind a real HTTP server, on a free port, in a thread of the test run."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import httpx
import psycopg
import uvicorn
from fixtures.ports import LOOPBACK, wait_until
from fixtures.postgres import _fresh_database
from integration.networks import apply
from integration.written_rows import NOW

from api.app import create_app
from api.live import Live
from api.settings import ApiSettings, HttpSettings
from dust.clock import epoch_ms
from dust.settings import DatabaseSettings
from dust.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import SecretStr

    from dust.clock import Clock
    from dust.network import Network

LIVE_INTERVAL_S = 0.05


@dataclass(frozen=True)
class ApiServer:
    """Where it is, and the live stream inside it."""

    url: str
    live: Live
    client: httpx.Client

    def get(self, path: str, **parameters: str) -> httpx.Response:
        return self.client.get(path, params=parameters)


@contextmanager
def serving(database_url: str, clock: Clock, **more: Any) -> Iterator[ApiServer]:
    """The whole application; its clock is the test's, so that every answer can be foretold."""
    database = DatabaseSettings(url=cast("SecretStr", database_url))
    settings = ApiSettings(database=database, api=HttpSettings(**more))
    app = create_app(settings)
    house = app.state.house
    app.state.house = replace(house, clock=clock, live=Live(house.database, clock, LIVE_INTERVAL_S))
    with socket.create_server((LOOPBACK, 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, args=([listener],), name="api")
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the API")
            url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=20) as client:
                yield ApiServer(url, app.state.house.live, client)
        finally:
            server.should_exit = True
            thread.join(20)


@contextmanager
def serving_written(
    server_url: str, template: str, told: Network, fill: Callable[[psycopg.Connection], None]
) -> Iterator[tuple[ApiServer, str]]:
    """The application on a new database with this network and what `fill` writes; and its URL."""
    with _fresh_database(server_url, template) as url:
        apply(url, told)
        with psycopg.connect(url) as connection:
            fill(connection)
        with serving(url, FakeClock(epoch_ms(NOW))) as server:
            yield server, url
