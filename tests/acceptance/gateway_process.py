"""The real gateway's spool and publisher as a process of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fixtures.ports import wait_until

if TYPE_CHECKING:
    from fixtures.broker import Mosquitto

TESTS = Path(__file__).parents[1]


class GatewayProcess:
    """Runs `acceptance.spooling_gateway` while its context lasts."""

    def __init__(self, broker: Mosquitto, name: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "acceptance.spooling_gateway"]
        self._command += [str(broker.port), name, str(folder)]
        self._log = folder / f"{name}.log"
        self.spool = ""
        self.last_seq = 0

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, "PYTHONPATH": str(TESTS)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def put(self, count: int) -> None:
        """Returns when so many more readings are in its spool."""
        self.spool, last_seq = self._told(str(count)).split()
        self.last_seq = int(last_seq)

    def wait_until_empty(self, timeout_s: float = 60) -> None:
        wait_until(lambda: self._told("depth") == "0", "an empty spool", timeout_s)

    def _told(self, word: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer, f"the gateway has ended: {self._log.read_text()}"
        return answer
