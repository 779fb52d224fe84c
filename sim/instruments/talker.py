"""Instruments that only talk: SN-GCJA5, NMEA wind, WindSonic, RM Young."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import encoder_of
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered, thinned

if TYPE_CHECKING:
    from sim.air import Air

_EVERY_S = 1.0
_GCJA5_FIRST_S, _GCJA5_STABLE_S = 8.0, 28.0  # data sheet: first reading, stable


class Talker(Powered):
    """A frame each second; nothing that it hears matters."""

    def __init__(self, model: str, unit_id: int, warm_up_s: float = 0.0) -> None:
        super().__init__(model, warm_up_s)
        self._encode = encoder_of(model, unit_id)
        self._beat = Beat(_EVERY_S)

    def _begin(self, now_s: float) -> None:
        self._beat.begin(now_s)

    def _unasked(self, now_s: float, air: Air) -> bytes:
        return self._encode(self._seen(now_s, air)).data if self._beat.strikes(now_s) else b""


class Vane(Talker):
    """Wind has no laser."""

    def _wake(self, now_s: float) -> None:
        """It is there at once."""


class SnGcja5(Talker):
    """Zeros before its first reading."""

    def __init__(self, model: str, unit_id: int) -> None:
        super().__init__(model, unit_id, _GCJA5_STABLE_S)

    def _seen(self, now_s: float, air: Air) -> Air:
        if now_s - self._warming_from_s < _GCJA5_FIRST_S:
            return thinned(air, 0.0)
        return super()._seen(now_s, air)
