"""A line whose two wires touch: the host hears itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.air import Air
    from sim.instruments.instrument import Instrument


class Miswired:
    """Gives back what it hears; the instrument behind it has power and is never understood."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.model = instrument.model
        self.laser_s = 0.0
        self.flash_writes = 0

    def power_up(self, now_s: float) -> None:
        self._instrument.power_up(now_s)

    def hear(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (the same at any time)
        return data

    def send(self, now_s: float, air: Air) -> bytes:
        self._instrument.send(now_s, air)
        self.laser_s = self._instrument.laser_s
        return b""
