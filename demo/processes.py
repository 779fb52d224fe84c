"""The demo's services as processes: started, watched, started again when one dies, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from demo.errors import GaveUp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STOP_WITHIN_S: Final = 10.0
_MOST_RESTARTS: Final = 5


@dataclass
class Service:
    """One process: how to start it, where it logs, and the process itself."""

    name: str
    arguments: list[str]
    environment: Mapping[str, str]
    log: Path
    restart: bool = True
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
                [sys.executable, "-m", "dust.commands", *self.arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the demo alone, which then stops everything in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def last_lines(self, count: int = 15) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-count:])


class Services:
    """All services, in the order in which they were started."""

    def __init__(self) -> None:
        self._services: list[Service] = []

    def start(self, service: Service) -> Service:
        service.start()
        self._services.append(service)
        return service

    def pids(self) -> dict[str, int]:
        return {service.name: service.pid for service in self._services if service.pid}

    def revive(self) -> list[str]:
        """Start again what has died; returns the names. One that dies for ever is an error."""
        revived = []
        for service in self._services:
            if not service.has_ended() or not service.restart:
                continue
            if service.restarts >= _MOST_RESTARTS:
                raise GaveUp(
                    f"{service.name} ended {_MOST_RESTARTS} times:\n{service.last_lines()}"
                )
            service.restarts += 1
            service.start()
            revived.append(service.name)
        return revived

    def stop(self) -> None:
        """Ask every service to stop, the last started first; end those that do not in time."""
        running = [s.process for s in reversed(self._services) if s.process and not s.has_ended()]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + _STOP_WITHIN_S
        for process in running:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
