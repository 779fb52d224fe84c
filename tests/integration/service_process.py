"""A service as a process of its own, as it runs in the field, and the lines that it logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fixtures.ports import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STOP_WITHIN_S = 15


class ServiceProcess:
    """`dust <arguments>`; `kill` as a power cut does, `stop` as an operator does."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", "dust.commands", *arguments]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> int | None:
        """Its exit code; None where it was not running."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def events(self, name: str) -> list[dict[str, Any]]:
        """The logged lines of this event since the log began."""
        lines = self._log.read_text(errors="replace").splitlines()
        entries = [
            json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")
        ]
        return [entry for entry in entries if entry["event"] == name]

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """The events of this name once there are `count`; the error shows the whole log."""

        def has_come() -> bool:
            if not self.is_running():
                raise RuntimeError(f"the service ended: {self._log.read_text()}")
            return len(self.events(name)) >= count

        wait_until(has_come, f"{count} times {name!r} in {self._log}")
        return self.events(name)


@contextmanager
def running(
    arguments: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[ServiceProcess]:
    """A started service; stopped at the end, which must go well."""
    service = ServiceProcess(arguments, environment, log)
    service.start()
    try:
        yield service
    except BaseException as error:
        service.kill()
        error.add_note(f"{log}:\n{log.read_text()}")
        raise
    code = service.stop()
    assert code in {0, None}, f"exit code {code}: {log.read_text()}"
