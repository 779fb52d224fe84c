"""What the service manager is told: that the gateway has started, and that it still reads.

The protocol of systemd's sd_notify(3): short texts to a socket whose name is in the environment.
Without a service manager nothing is said.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PER_TIME_OUT: Final = 3  # signs of life within one WATCHDOG_USEC: two may be late


class Watchdog:
    """Speaks to the service manager that `environment` names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)
        microseconds = environment.get("WATCHDOG_USEC", "")
        self._every_s = int(microseconds) / 1e6 / _PER_TIME_OUT if microseconds.isdecimal() else 0.0
        self._due_s = float("-inf")

    def ready(self) -> None:
        """The gateway has started; call it once, when everything is built."""
        self._say(b"READY=1")

    def alive(self, now_s: float) -> None:
        """The reading loop still turns; call it in each turn (monotonic seconds)."""
        if self._every_s and now_s >= self._due_s:
            self._due_s = now_s + self._every_s
            self._say(b"WATCHDOG=1")

    def stopping(self) -> None:
        """The gateway has been told to stop, which may take a while."""
        self._say(b"STOPPING=1")

    def _say(self, text: bytes) -> None:
        if self._address:
            # A manager that does not listen is no reason to stop reading sensors.
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.sendto(text, socket.MSG_DONTWAIT, self._address)
