"""A durable PostgreSQL of the failure tests' own: frozen, stopped, killed and started again."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
from fixtures.wheel_server import RestartablePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator


class OwnPostgres(RestartablePostgres):
    """As its parent; `url` is that of the server's own database `postgres`."""

    def stop_immediately(self) -> None:
        """`pg_ctl stop -m immediate`: no shutdown checkpoint, recovery at the next start."""
        self._end(signal.SIGQUIT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server hangs while the context lasts: connections stay open, nobody answers."""
        main = psutil.Process(self._server.get_pid())
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()
