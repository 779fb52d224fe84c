"""Modbus RTU: a wind transmitter of two registers, speed times ten at 0 and degrees at 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import words
from sim.frames.checks import modbus_crc
from sim.frames.encoded import Encoded
from sim.frames.scale import WHOLE, Scale, degrees, refuse_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.air import Air
    from sim.frames.encoded import Encoder

READ_HOLDING = 3
_LAST_UNIT = 247
_SPEED = Scale(10)


def modbus_wind_encoder(unit_id: int) -> Encoder:
    """`unit_id` 1 to 247 is the unit's address; both registers are read at once."""
    refuse_beyond("unit_id", unit_id, most=_LAST_UNIT, least=1)
    return lambda air: modbus_wind(air, unit_id)


def modbus_wind(air: Air, unit: int) -> Encoded:
    """A register cannot be empty: in calm air the direction is 0 and says nothing."""
    speed, direction = registers(air)
    levels = {"wind_mps": _SPEED.level(speed)}
    if air.wind_deg is not None and speed:
        levels["wind_deg"] = WHOLE.level(direction)
    return Encoded(answer(unit, READ_HOLDING, (speed, direction)), levels)


def registers(air: Air) -> tuple[int, int]:
    """Speed in tenths of m/s, direction in whole degrees."""
    direction = 0 if air.wind_deg is None else degrees(air.wind_deg)
    return _SPEED.steps(air.wind_mps), direction


def answer(unit: int, function: int, values: Sequence[int]) -> bytes:
    content = bytes((unit, function, 2 * len(values))) + words(values)
    return content + modbus_crc(content)


def exception(unit: int, function: int, code: int) -> bytes:
    """The refusal of a request: function with its highest bit set, then why."""
    content = bytes((unit, function | 0x80, code))
    return content + modbus_crc(content)
