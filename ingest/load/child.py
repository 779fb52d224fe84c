"""A process that the bench starts, talks to line by line, and ends by its own number."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ingest
from ingest.load.errors import NotMeasured
from ingest.load.process_tree import Memory, memory, processor_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_STOPS_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.02
_LAST_LINES: Final = 15
_HERE: Final = Path(ingest.__file__).parents[1]
_KEPT: Final = "DUST_INGEST__"
"""Settings of ingest itself reach the ingest that is measured; all others are the bench's."""


class Child:
    """One running process; what it writes to standard error goes to a log."""

    def __init__(
        self, name: str, command: list[str], folder: Path, settings: Mapping[str, str] | None
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
                command,
                # Ours stand beside this module; the services are those of the import path, which
                # may lead to another tree (PYTHONPATH): then the folder must not come before it.
                cwd=folder if settings is not None else _HERE,
                env=_environment() | dict(settings or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches the bench alone, which ends its children
            )

    def processor_s(self) -> float:
        """Seconds of processor that it and its children have used."""
        return processor_s(self.process.pid)

    def memory(self) -> Memory:
        return memory(self.process.pid)

    def say(self, line: str) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()

    def next_line(self) -> bytes:
        """The next line that it says; waits for it."""
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line:
            raise NotMeasured(f"{self.name} ended early:\n{self.last_lines()}")
        return line.strip()

    def wait_for(self, what: str, has_come: Callable[[], bool], within_s: float = 60) -> None:
        """Until `has_come`; a child that ends before is `NotMeasured`, with its last lines."""
        deadline_s = time.monotonic() + within_s
        while not has_come():
            if self.process.poll() is not None:
                raise NotMeasured(f"{self.name} ended before {what}:\n{self.last_lines()}")
            if time.monotonic() > deadline_s:
                raise NotMeasured(f"{what}: not within {within_s:g} s\n{self.last_lines()}")
            time.sleep(_POLL_S)

    def log_says(self, words: str) -> bool:
        return words in self._log.read_text(errors="replace")

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


@contextmanager
def running(
    name: str, command: list[str], folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """A program for as long as the context lasts; `settings` are DUST_* of a service."""
    child = Child(name, command, folder, settings)
    try:
        yield child
    finally:
        child.stop()


def service(*arguments: str) -> list[str]:
    """The command of a service: `dust` with these arguments."""
    return [sys.executable, "-m", "dust.commands", *arguments]


def own_module(name: str, *arguments: str) -> list[str]:
    """The command of a module of this bench."""
    return [sys.executable, "-m", f"ingest.load.{name}", *arguments]


def done(command: list[str], folder: Path, settings: Mapping[str, str]) -> None:
    """Run a service's command to its end; `NotMeasured` where it fails."""
    told = subprocess.run(  # noqa: S603  (our own command, no shell)
        command,
        cwd=folder,
        env=_environment() | dict(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise NotMeasured(f"{' '.join(command[2:])}: {told.stdout}{told.stderr}")


def _environment() -> dict[str, str]:
    """What a person has set for services of their own must not reach these."""
    return {k: v for k, v in os.environ.items() if not k.startswith("DUST_") or k.startswith(_KEPT)}
