"""Sensors that do not exist: pseudo-terminals, each sent one frame a second."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

from firmware_bridge.bench.frames import LEVELS, frame

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal:
    """One port; raw, its reader's end open here too, so that bytes wait for a reader."""

    def __init__(self) -> None:
        self._sensor, self._port = os.openpty()
        tty.setraw(self._port)
        self.path = os.ttyname(self._port)
        self._unread = select.poll()
        self._unread.register(self._port, select.POLLIN)

    def send(self, content: bytes) -> None:
        os.write(self._sensor, content)

    def is_read(self) -> bool:
        """Whether a reader has taken everything (poll also sees what is still on its way)."""
        return not self._unread.poll(0)

    def close(self) -> None:
        os.close(self._sensor)
        os.close(self._port)


class Feed:
    """All sensors of a gateway, one frame a second each, evenly spread over the second."""

    def __init__(self, terminals: list[Terminal]) -> None:
        self._terminals = terminals
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.sent = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send no more; `sent` stands still from here on."""
        self._ended.set()
        self._thread.join()

    def is_read(self) -> bool:
        return all(terminal.is_read() for terminal in self._terminals)

    def _run(self) -> None:
        sensors = len(self._terminals)
        started_s = time.monotonic()
        while not self._ended.wait(started_s + self.sent / sensors - time.monotonic()):
            turn, sensor = divmod(self.sent, sensors)
            self._terminals[sensor].send(frame(1 + turn % LEVELS))
            self.sent += 1


@contextmanager
def open_terminals(count: int) -> Iterator[list[Terminal]]:
    """So many ports, closed at the end."""
    terminals: list[Terminal] = []
    try:
        while len(terminals) < count:
            terminals.append(Terminal())
        yield terminals
    finally:
        for terminal in terminals:
            terminal.close()
