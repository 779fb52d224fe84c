"""A process that the bench starts, watches through /proc and ends by its own number."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from firmware_bridge.bench.errors import NotMeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STARTS_WITHIN_S: Final = 60.0
_STOPS_WITHIN_S: Final = 20.0
_POLL_S: Final = 0.02
_LAST_LINES: Final = 15
_TICKS_IN_S: Final = os.sysconf("SC_CLK_TCK")
_USER_AT, _SYSTEM_AT = 11, 12  # behind the name in /proc/<pid>/stat (proc(5): fields 14 and 15)
_KB_OF_A_MB: Final = 1000 / 1.024  # /proc says kB and means 1024 bytes


class Child:
    """One process; its standard output is read by whoever wants it, the rest goes to a log."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self._name = name
        self._log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
                command,
                bufsize=0,  # so that `has_said` looks at everything that has not been read
                # What a person has set for a service of their own must not reach this one.
                env={k: v for k, v in os.environ.items() if not k.startswith("DUST_")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches the bench alone, which ends its children
            )

    def processor_s(self) -> float:
        """Seconds of processor that it has used, in user and in system mode."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[_USER_AT]) + int(fields[_SYSTEM_AT])) / _TICKS_IN_S

    def memory_mb(self) -> tuple[float, float]:
        """What it holds in memory now, and the most that it ever held, in megabytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        now_kb, peak_kb = (int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))
        return now_kb / _KB_OF_A_MB, peak_kb / _KB_OF_A_MB

    def wait_for(
        self,
        what: str,
        has_come: Callable[[], bool],
        within_s: float = _STARTS_WITHIN_S,
        every_s: float = _POLL_S,
    ) -> None:
        """Until `has_come`; a child that ends before is `NotMeasured`, with its last lines."""
        deadline_s = time.monotonic() + within_s
        while not has_come():
            if self.process.poll() is not None:
                raise NotMeasured(f"{self._name} ended before {what}:\n{self._last_lines()}")
            if time.monotonic() > deadline_s:
                raise NotMeasured(f"{what}: not within {within_s:g} s\n{self._last_lines()}")
            time.sleep(every_s)

    def has_said(self) -> bool:
        """Whether a line (or its end) waits to be read."""
        return self.process.stdout is not None and bool(
            select.select([self.process.stdout], [], [], 0)[0]
        )

    def next_line(self) -> bytes:
        """The next line that it says; waits for it."""
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line:
            raise NotMeasured(f"{self._name} ended early:\n{self._last_lines()}")
        return line

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


@contextmanager
def running(name: str, command: list[str], folder: Path) -> Iterator[Child]:
    """A program for as long as the context lasts; its log is `folder`/`name`.log."""
    child = Child(name, command, folder / f"{name}.log")
    try:
        yield child
    finally:
        child.stop()


def python_module(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this installation."""
    return [sys.executable, "-m", module, *arguments]
