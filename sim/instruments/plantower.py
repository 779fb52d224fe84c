"""Plantower PMSx003 and Telaire SM-UART-04L: active or passive, awake or asleep.

Neither has settings in flash: power brings back the active mode. The sleep command and changes of
mode are acknowledged (seen on real sensors, not in the data sheet), waking is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import encoder_of
from sim.frames.plantower import acknowledgement
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered
from sim.instruments.requests import fixed, sum16_is_right

if TYPE_CHECKING:
    from sim.air import Air

_READ, _MODE, _POWER = 0xE2, 0xE1, 0xE4
_WARM_UP_S = 30.0
_STEADY_S, _CHANGING_S = 2.3, 0.8  # data sheet: 2.3 s when steady, 0.2 to 0.8 s when not
_CHANGE_UGM3 = 10.0  # no document says from where on air changes


class Pmsx003(Powered):
    """Sends when steady every 2.3 s, faster when PM2.5 moves; in passive mode when asked."""

    take = staticmethod(fixed(b"BM", 7, sum16_is_right))
    has_modes = True

    def __init__(self, model: str, unit_id: int) -> None:
        super().__init__(model, _WARM_UP_S)
        self._encode = encoder_of(model, unit_id)
        self._steady, self._changing = Beat(_STEADY_S), Beat(_CHANGING_S)
        self._active = True
        self._asleep = False
        self._last_pm25 = 0.0

    def _begin(self, now_s: float) -> None:
        self._active = True
        self._asleep = False
        self._start_beats(now_s)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        command, data = request[2], request[4]
        if command == _POWER:
            return self._wake_up(now_s) if data else self._sleep()
        if self._asleep:
            return b""
        if command == _MODE and self.has_modes:
            self._active = bool(data)
            return acknowledgement(_MODE, data)
        if command == _READ and not (self._active and self.has_modes):
            return self._answer(now_s, lambda air: self._encode(air).data)
        return b""

    def _unasked(self, now_s: float, air: Air) -> bytes:
        if self._asleep or not self._active:
            return b""
        seen = self._seen(now_s, air)
        moved = abs(seen.pm25 - self._last_pm25) >= _CHANGE_UGM3
        if not (moved and self._changing.strikes(now_s)) and not self._steady.strikes(now_s):
            return b""
        self._start_beats(now_s, beats=1)
        self._last_pm25 = seen.pm25
        return self._encode(seen).data

    def _sleep(self) -> bytes:
        if self._asleep:
            return b""
        self._asleep = True
        self._fall_asleep()
        return acknowledgement(_POWER, 0)

    def _wake_up(self, now_s: float) -> bytes:
        if self._asleep:
            self._asleep = False
            self._wake(now_s)
            self._start_beats(now_s)
        return b""

    def _start_beats(self, now_s: float, beats: int = 0) -> None:
        self._steady.begin(now_s + beats * _STEADY_S)
        self._changing.begin(now_s + beats * _CHANGING_S)


class SmUart04l(Pmsx003):
    """Sends by itself and answers a read as well; it has no other mode."""

    has_modes = False
