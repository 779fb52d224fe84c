"""Winsen ZH03B and ZH06: initiative or question-and-answer mode, awake or asleep (manuals)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import encoder_of
from sim.frames.winsen import READ, answer, zh_answer
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered
from sim.instruments.requests import fixed, sums_to_zero

if TYPE_CHECKING:
    from sim.air import Air

_MODE, _POWER = 0x78, 0xA7
_INITIATIVE, _ANSWERS = 0x40, 0x41
_WARM_UP_S = 30.0
_EVERY_S = 1.0


class Zh(Powered):
    """Sends each second, or answers; sleep and waking are acknowledged, a change of mode is not."""

    take = staticmethod(fixed(b"\xff\x01", 9, lambda request: sums_to_zero(request[1:])))

    def __init__(self, model: str, unit_id: int) -> None:
        super().__init__(model, _WARM_UP_S)
        self._encode = encoder_of(model, unit_id)
        self._mode = _INITIATIVE
        self._beat = Beat(_EVERY_S)

    def _begin(self, now_s: float) -> None:
        self._mode = _INITIATIVE
        self._beat.begin(now_s)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        command, data = request[2], request[3]
        if command == _POWER:
            return self._power(now_s, asleep=bool(data))
        if not self._lasing:
            return b""
        if command == _MODE and data in (_INITIATIVE, _ANSWERS):
            self._mode = data
        if command == READ and self._mode == _ANSWERS:
            return self._answer(now_s, lambda air: zh_answer(air).data)
        return b""

    def _power(self, now_s: float, *, asleep: bool) -> bytes:
        if asleep:
            self._fall_asleep()
        elif not self._lasing:
            self._wake(now_s)
            self._beat.begin(now_s)
        return answer(_POWER, b"\x01")

    def _unasked(self, now_s: float, air: Air) -> bytes:
        sends = self._lasing and self._mode == _INITIATIVE and self._beat.strikes(now_s)
        return self._encode(self._seen(now_s, air)).data if sends else b""
