"""The sensor's side of the line for every model: what it says by itself and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import models
from sim.instruments.cubic import Pm1006, Pm2008
from sim.instruments.davis import Vantage
from sim.instruments.honeywell import Hpma115
from sim.instruments.instrument import Instrument
from sim.instruments.metone import Bam1020
from sim.instruments.miswired import Miswired
from sim.instruments.modbus import ModbusWind
from sim.instruments.nova import Sds
from sim.instruments.plantower import Pmsx003, SmUart04l
from sim.instruments.quirks import NO_QUIRKS, Quirks
from sim.instruments.sensirion import Sps30
from sim.instruments.talker import SnGcja5, Vane
from sim.instruments.tera import NextPm
from sim.instruments.winsen import Zh

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Instrument", "Quirks", "instrument_of"]

_WITH_UNIT: dict[str, Callable[[str, int], Instrument]] = {
    "pms3003": Pmsx003,
    "pms5003": Pmsx003,
    "pms5003t": Pmsx003,
    "pms5003s": Pmsx003,
    "pms5003st": Pmsx003,
    "hpma115s0": Hpma115,
    "hpma115c0": Hpma115,
    "zh03b": Zh,
    "zh06": Zh,
    "sn-gcja5": SnGcja5,
    "sm-uart-04l": SmUart04l,
    "nmea-wind": Vane,
    "windsonic": Vane,
    "rm-young-86xxx": Vane,
    "modbus-rtu": ModbusWind,
}
_WITH_QUIRKS: dict[str, Callable[[str, int, Quirks], Instrument]] = {
    "sds011": Sds,
    "sds198": Sds,
    "sps30": lambda model, _, __: Sps30(model),
    "pm1006": lambda model, _, quirks: Pm1006(model, quirks),
    "pm2008": lambda model, _, __: Pm2008(model),
    "nextpm": lambda model, _, quirks: NextPm(model, quirks),
    "bam1020": Bam1020,
    "davis-vantage": lambda model, _, __: Vantage(model),
}


def instrument_of(model: str, unit_id: int = 1, quirks: Quirks = NO_QUIRKS) -> Instrument:
    """A specimen of a model, not yet under power.

    `unit_id` is its identity or address where the line has one. Raises `ValueError` for an unknown
    model and for an identity that the line cannot hold.
    """
    instrument = _made(model, unit_id, quirks)
    return Miswired(instrument) if quirks.miswired else instrument


def _made(model: str, unit_id: int, quirks: Quirks) -> Instrument:
    if model in _WITH_UNIT:
        return _WITH_UNIT[model](model, unit_id)
    if model in _WITH_QUIRKS:
        return _WITH_QUIRKS[model](model, unit_id, quirks)
    raise ValueError(f"model = {model!r}: allowed is one of {', '.join(models())}")
