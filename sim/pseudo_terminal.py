"""Pseudo-terminals: the serial ports of sensors that do not exist.

The slave's end is also kept open here, so that a reader may come and go without a hang-up.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES_UNREAD = 4096  # the kernel's line buffer; beyond it bytes are lost

_REPLY_BYTES = 4096
_PROBE = b"\x00"  # no frame begins with it and no frame is made of it


class PseudoTerminal:
    """One port; raw, so that no byte is changed or echoed."""

    def __init__(self, sensor_id: str) -> None:
        self.sensor_id = sensor_id
        self._master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(self.slave)

    def send(self, data: bytes) -> None:
        """Puts bytes on the line; at most `MOST_BYTES_UNREAD` may wait there."""
        os.write(self._master, data)

    def offer(self, data: bytes) -> None:
        """Puts bytes on the line; they are lost where too many wait unread already."""
        with suppress(BlockingIOError):
            os.write(self._master, data)

    def replies(self) -> bytes:
        """What a reader wrote to the sensor since the last time."""
        try:
            return os.read(self._master, _REPLY_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EIO:  # nobody has the other end open
                return b""
            raise

    def discard_replies(self) -> None:
        """Throws away what a reader wrote to the sensor, so that it never blocks on writing."""
        while self.replies():
            pass

    def discard_unread(self) -> None:
        """Throws away what no reader took, so that it cannot be read with a later stamp."""
        termios.tcflush(self.slave, termios.TCIFLUSH)

    def send_probe(self) -> None:
        """Leaves one byte that no reader can take for data: once it is gone, a reader is back."""
        self.send(_PROBE)

    def let_go(self) -> None:
        """No longer hold the slave's end: who looks for the port's users finds the reader alone."""
        os.close(self.slave)
        self.slave = -1

    def close(self) -> None:
        os.close(self._master)
        if self.slave >= 0:
            os.close(self.slave)


class UnreadWatch:
    """Tells which ports hold bytes that their reader has not taken yet.

    It polls the slave's end. Counting with TIOCINQ would be wrong: bytes on their way through the
    kernel's flip buffer are not in that count yet, while poll() moves them along first.
    """

    def __init__(self, terminals: Iterable[PseudoTerminal]) -> None:
        self._by_slave = {terminal.slave: terminal for terminal in terminals}
        self._poll = select.poll()
        for slave in self._by_slave:
            self._poll.register(slave, select.POLLIN)

    def any_unread(self) -> bool:
        return bool(self._poll.poll(0))

    def unread(self) -> list[PseudoTerminal]:
        return [self._by_slave[slave] for slave, _ in self._poll.poll(0)]

    def set_aside(self, terminal: PseudoTerminal) -> None:
        self._poll.unregister(terminal.slave)

    def take_back(self, terminal: PseudoTerminal) -> None:
        self._poll.register(terminal.slave, select.POLLIN)


def has_unread(terminal: PseudoTerminal) -> bool:
    """Whether the port holds bytes that no reader has taken."""
    one = select.poll()
    one.register(terminal.slave, select.POLLIN)
    return bool(one.poll(0))
