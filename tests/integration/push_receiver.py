"""The API on a free port with a broker of the test's choice and no database: enough for pushes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from fixtures.ports import LOOPBACK, wait_until

from api.app import create_app
from api.settings import ApiSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_DATABASE = "postgresql:///nowhere?host=/nonexistent"


@contextmanager
def push_receiver(broker_port: int, **settings: Any) -> Iterator[httpx.Client]:
    """A client of the API; `settings` are those of its part `api`."""
    app = create_app(
        ApiSettings.model_validate(
            {
                "database": {"url": _NO_DATABASE},
                "mqtt": {"port": broker_port},
                "api": {"push_timeout_s": 2, **settings},
            }
        )
    )
    with socket.create_server((LOOPBACK, 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([listener],), name="api")
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the API")
            url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=20) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(20)
