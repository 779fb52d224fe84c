"""Honeywell HPMA115S0 and C0: auto-send is on at power-up; the coefficient is in flash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import encoder_of
from sim.frames.honeywell import (
    ACK,
    NACK,
    READ,
    answer,
    hpma115c0_answer,
    hpma115s0_answer,
)
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered, thinned
from sim.instruments.requests import counted, sums_to_zero

if TYPE_CHECKING:
    from sim.air import Air

_START, _STOP, _SET_COEFFICIENT, _GET_COEFFICIENT = 0x01, 0x02, 0x08, 0x10
_AUTO_OFF, _AUTO_ON = 0x20, 0x40
_COEFFICIENTS = range(30, 201)
_WARM_UP_S = 6.0  # data sheet: response time
_EVERY_S = 1.0
_MOST_BYTES = 2


class Hpma115(Powered):
    """Sends each second until told not to; while stopped it refuses to be read."""

    take = staticmethod(counted(0x68, _MOST_BYTES))

    def __init__(self, model: str, unit_id: int) -> None:
        super().__init__(model, _WARM_UP_S)
        self._encode = encoder_of(model, unit_id)
        self._read = hpma115s0_answer if model == "hpma115s0" else hpma115c0_answer
        self.coefficient = 100
        self._auto = True
        self._beat = Beat(_EVERY_S)

    def _begin(self, now_s: float) -> None:
        self._auto = True
        self._beat.begin(now_s + _EVERY_S)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        if not sums_to_zero(request):
            return NACK
        command, data = request[2], request[3:-1]
        if command == READ and self._lasing:
            return self._answer(now_s, lambda air: self._read(air).data)
        if command == _GET_COEFFICIENT:
            return answer(_GET_COEFFICIENT, bytes((self.coefficient,)))
        return ACK if self._done(command, data, now_s) else NACK

    def _done(self, command: int, data: bytes, now_s: float) -> bool:
        if command == _SET_COEFFICIENT and data and data[0] in _COEFFICIENTS:
            self.flash_writes += 1
            self.coefficient = data[0]
        elif command in (_AUTO_ON, _AUTO_OFF):
            self._auto = command == _AUTO_ON
        elif command == _START:
            self._start(now_s)
        elif command == _STOP:
            self._fall_asleep()
        else:
            return False
        return True

    def _start(self, now_s: float) -> None:
        if not self._lasing:
            self._wake(now_s)
            self._beat.begin(now_s + _EVERY_S)

    def _unasked(self, now_s: float, air: Air) -> bytes:
        if not (self._lasing and self._auto and self._beat.strikes(now_s)):
            return b""
        return self._encode(self._seen(now_s, air)).data

    def _seen(self, now_s: float, air: Air) -> Air:
        return thinned(super()._seen(now_s, air), self.coefficient / 100)
