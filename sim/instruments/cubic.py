"""Cubic PM1006 in its lamp, and PM2008, which measures from power-up on (data sheets)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.cubic import READ, answer, pm1006, pm2008
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered
from sim.instruments.requests import counted, sums_to_zero

if TYPE_CHECKING:
    from sim.air import Air
    from sim.instruments.quirks import Quirks

_OPEN_CLOSE, _VERSION, _SERIAL = 0x0C, 0x1E, 0x1F
_CLOSE, _OPEN = b"\x01\x1e", b"\x02\x1e"
_MOST_BYTES = 3
_PM2008_WARM_UP_S = 30.0  # no figure at hand: as the others of its kind
_REQUEST = bytes.fromhex("11020B01E1")
_BURST_S, _ROUND_S, _FRAMES_OF_BURST = 20.0, 40.0, 7  # the pause between bursts is a guess


class Pm1006(Powered):
    """The lamp's own controller asks, some seven times in a burst of 20 s, and then rests."""

    take = staticmethod(counted(0x11, _MOST_BYTES))

    def __init__(self, model: str, quirks: Quirks) -> None:
        super().__init__(model)
        self._overheard = _REQUEST if quirks.shared_line else b""
        self._beat = Beat(_BURST_S / _FRAMES_OF_BURST)
        self._lit_s = 0.0

    def _begin(self, now_s: float) -> None:
        self._lit_s = now_s
        self._beat.begin(now_s)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        if not sums_to_zero(request) or request[2:-1] != bytes((READ, 1)):
            return b""
        return self._answer(now_s, lambda air: pm1006(air).data)

    def _unasked(self, now_s: float, air: Air) -> bytes:
        if (now_s - self._lit_s) % _ROUND_S >= _BURST_S or not self._beat.strikes(now_s):
            return b""
        return self._overheard + pm1006(self._seen(now_s, air)).data


class Pm2008(Powered):
    """Answers; closed it measures nothing and answers no read."""

    take = staticmethod(counted(0x11, _MOST_BYTES))

    def __init__(self, model: str) -> None:
        super().__init__(model, _PM2008_WARM_UP_S)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        if not sums_to_zero(request):
            return b""
        command, data = request[2], request[3:-1]
        if command == READ and data == b"\x07" and self._lasing:
            return self._answer(now_s, lambda air: pm2008(air).data)
        if command == _OPEN_CLOSE and data in (_OPEN, _CLOSE):
            return self._open_or_close(data, now_s)
        if command == _VERSION:
            return answer(_VERSION, b"PM2008V1.04.1")
        return answer(_SERIAL, bytes(10)) if command == _SERIAL else b""

    def _open_or_close(self, data: bytes, now_s: float) -> bytes:
        if data == _CLOSE:
            self._fall_asleep()
        elif not self._lasing:
            self._wake(now_s)
        return answer(_OPEN_CLOSE, data[:1])
