"""Nova SDS011 and SDS198: 10 bytes, little-endian words, 8-bit sum (control protocol V1.3)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sim.frames.checks import byte_sum
from sim.frames.encoded import Encoded
from sim.frames.scale import WHOLE, Scale, refuse_beyond

if TYPE_CHECKING:
    from sim.air import Air
    from sim.frames.encoded import Encoder

_HEAD, _TAIL = 0xAA, 0xAB
_DATA, _DATA_PM100, _REPLY = 0xC0, 0xCF, 0xC5
_LEVELS = struct.Struct("<2H")

# Where the sensor stands when dirt fills its inlet, and beyond which it never counts.
_PM25 = Scale(10, most=9_999)
_PM10 = Scale(10, most=19_999)


def sds011(air: Air, unit_id: int) -> Encoded:
    pm25, pm10 = _PM25.steps(air.pm25), _PM10.steps(air.pm10)
    levels = {"pm25": _PM25.level(pm25), "pm10": _PM10.level(pm10)}
    return Encoded(sds011_frame(pm25, pm10, unit_id), levels)


def sds198(air: Air, unit_id: int) -> Encoded:
    """PM100, the nearest to total suspended dust that light can tell."""
    tsp = WHOLE.steps(air.tsp)
    return Encoded(sds198_frame(tsp, unit_id), {"tsp": WHOLE.level(tsp)})


def sds011_encoder(unit_id: int) -> Encoder:
    """`unit_id` is the sensor's own, 0 to 65535."""
    refuse_beyond("unit_id", unit_id)
    return lambda air: sds011(air, unit_id)


def sds198_encoder(unit_id: int) -> Encoder:
    """`unit_id` is the sensor's own, 0 to 65535."""
    refuse_beyond("unit_id", unit_id)
    return lambda air: sds198(air, unit_id)


def sds011_frame(pm25_tenths: int, pm10_tenths: int, device_id: int) -> bytes:
    """The 10 bytes of one reading; the levels are whole tenths of a ug/m3."""
    refuse_beyond("pm25", pm25_tenths)
    refuse_beyond("pm10", pm10_tenths)
    return _frame(_DATA, _LEVELS.pack(pm25_tenths, pm10_tenths), device_id)


def sds198_frame(pm100_ugm3: int, device_id: int, second_word: int = 0) -> bytes:
    """The 10 bytes of one reading; nobody documents the word before the level."""
    refuse_beyond("pm100", pm100_ugm3)
    return _frame(_DATA_PM100, _LEVELS.pack(second_word, pm100_ugm3), device_id)


def reply(command: int, data: bytes, device_id: int) -> bytes:
    """The answer to a command; `data` are the three bytes behind the command's number."""
    return _frame(_REPLY, bytes((command,)) + data, device_id)


def _frame(kind: int, content: bytes, device_id: int) -> bytes:
    refuse_beyond("device_id", device_id)
    summed = content + device_id.to_bytes(2, "big")
    return bytes((_HEAD, kind)) + summed + bytes((byte_sum(summed), _TAIL))
