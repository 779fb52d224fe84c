"""Frames as the sensors put them on the wire, written apart from the gateway's decoders.

The layouts are those of the makers' documents, so that each side checks the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import (
    cubic,
    davis,
    gill,
    honeywell,
    metone,
    modbus,
    nmea,
    nova,
    panasonic,
    plantower,
    sensirion,
    telaire,
    tera,
    winsen,
    young,
)
from sim.frames.encoded import Encoded, Encoder
from sim.frames.nova import sds011_frame
from sim.frames.plantower import cf1_level_ugm3, particle_counts, pms5003_frame

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Encoded",
    "Encoder",
    "cf1_level_ugm3",
    "encoder_of",
    "models",
    "particle_counts",
    "pms5003_frame",
    "sds011_frame",
]

# Formats that say which unit speaks are made for one; all others are the encoder themselves.
_WITH_UNIT: dict[str, Callable[[int], Encoder]] = {
    "sds011": nova.sds011_encoder,
    "sds198": nova.sds198_encoder,
    "windsonic": gill.windsonic_encoder,
    "rm-young-86xxx": young.rm_young_86xxx_encoder,
    "modbus-rtu": modbus.modbus_wind_encoder,
}
_WITHOUT_UNIT: dict[str, Encoder] = {
    "pms3003": plantower.pms3003,
    "pms5003": plantower.pms5003,
    "pms5003t": plantower.pms5003t,
    "pms5003s": plantower.pms5003s,
    "pms5003st": plantower.pms5003st,
    "sps30": sensirion.sps30,
    "hpma115s0": honeywell.hpma115s0,
    "hpma115c0": honeywell.hpma115c0,
    "zh03b": winsen.zh03b,
    "zh06": winsen.zh06,
    "pm1006": cubic.pm1006,
    "pm2008": cubic.pm2008,
    "sn-gcja5": panasonic.sn_gcja5,
    "nextpm": tera.nextpm,
    "sm-uart-04l": telaire.sm_uart_04l,
    "bam1020": metone.bam1020,
    "nmea-wind": nmea.nmea_wind,
    "davis-vantage": davis.davis_vantage,
}


def models() -> tuple[str, ...]:
    """Every model that has an encoder."""
    return (*_WITHOUT_UNIT, *_WITH_UNIT)


def encoder_of(model: str, unit_id: int = 1) -> Encoder:
    """The encoder of a model; `unit_id` is its identity or address where the format has one.

    Raises `ValueError` for an unknown model and for an identity that the format cannot hold.
    """
    if model in _WITHOUT_UNIT:
        return _WITHOUT_UNIT[model]
    if model in _WITH_UNIT:
        return _WITH_UNIT[model](unit_id)
    raise ValueError(f"model = {model!r}: allowed is one of {', '.join(models())}")
