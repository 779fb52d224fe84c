"""Davis Vantage console: sleeps until a byte comes, sends LOOP packets when told how many.

Serial communication reference: two minutes without a byte put it to sleep, a packet comes every two
seconds, any line of its own stops them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.davis import davis_vantage
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered

if TYPE_CHECKING:
    from sim.air import Air

_AWAKE = b"\n\r"
_ACK, _NAK = b"\x06", b"\x21"
_AWAKE_S = 120.0
_EVERY_S = 2.0
_LONGEST_LINE = 32
_LINE_ENDS = b"\r\n"


class Vantage(Powered):
    """Knows `LOOP n` and `TEST`; everything else is refused."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self._awake_until_s = 0.0
        self._line = b""
        self._packets = 0
        self._beat = Beat(_EVERY_S)

    def hear(self, data: bytes, now_s: float) -> bytes:
        """A sleeping console spends the first bytes on waking and answers only a line's end."""
        if not self._powered or not data:
            return b""
        if now_s >= self._awake_until_s and not self._packets:
            return self._wake_by(data, now_s)
        self._awake_until_s = now_s + _AWAKE_S
        return b"".join(self._take(byte, now_s) for byte in data)

    def _begin(self, now_s: float) -> None:  # noqa: ARG002  (asleep at any time)
        self._lasing = False
        self._awake_until_s = 0.0
        self._packets = 0
        self._line = b""

    def _wake_by(self, data: bytes, now_s: float) -> bytes:
        self._line = b""
        if not any(byte in _LINE_ENDS for byte in data):
            return b""
        self._awake_until_s = now_s + _AWAKE_S
        return _AWAKE

    def _take(self, byte: int, now_s: float) -> bytes:
        if byte not in _LINE_ENDS:
            self._line = (self._line + bytes((byte,)))[-_LONGEST_LINE:]
            return b""
        line, self._line = self._line, b""
        return self._command(line, now_s)

    def _command(self, line: bytes, now_s: float) -> bytes:
        self._packets = 0
        if not line:
            return _AWAKE
        name, _, count = line.partition(b" ")
        if name == b"LOOP" and count.isdigit():
            self._packets = int(count)
            self._beat.begin(now_s)
            return _ACK
        return b"TEST\n\r" if line == b"TEST" else _NAK

    def _unasked(self, now_s: float, air: Air) -> bytes:
        if not self._packets or not self._beat.strikes(now_s):
            return b""
        self._packets -= 1
        self._awake_until_s = now_s + _AWAKE_S
        return davis_vantage(air).data
