"""Davis Vantage: the LOOP packet of 99 bytes, little-endian, CRC-CCITT (serial reference)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sim.frames.checks import ccitt_crc
from sim.frames.encoded import Encoded
from sim.frames.scale import FULL_CIRCLE_DEG, Scale, degrees

if TYPE_CHECKING:
    from sim.air import Air

_BYTES = 97  # without the CRC
_NO_BYTE, _NO_WORD = b"\xff", b"\xff\x7f"
_NO_DIRECTION = 0  # north is 360
_MPS_OF_MPH = Decimal("0.44704")
_MPH = Scale(most=254)
_TENTHS_F = Scale(10, least=-32_768, most=32_766)
_PERCENT = Scale(most=100)
_TEMPERATURE_AT, _SPEED_AT, _DIRECTION_AT, _HUMIDITY_AT = 12, 14, 16, 33
_SPEED_MEAN_AT, _BAROMETER_AT, _LINE_END_AT = 15, 7, 95


def davis_vantage(air: Air) -> Encoded:
    """Wind in whole mph and degrees, °F tenths outside, %; all else is told as unknown."""
    mph, tenths_f = _MPH.steps(air.wind_mps / 0.44704), _TENTHS_F.steps(air.t_c * 1.8 + 32)
    direction = _NO_DIRECTION
    if air.wind_deg is not None:
        direction = degrees(air.wind_deg) or FULL_CIRCLE_DEG
    levels = {
        "wind_mps": (mph * _MPS_OF_MPH).quantize(Decimal("0.001")),
        "t_c": (Decimal(tenths_f - 320) / 18).quantize(Decimal("0.01")),
        "rh": Decimal(_PERCENT.steps(air.rh)),
    }
    if direction and mph:
        levels["wind_deg"] = Decimal(direction)
    return Encoded(loop_packet(mph, direction, tenths_f, _PERCENT.steps(air.rh)), levels)


def loop_packet(mph: int, direction_deg: int, tenths_f: int, humidity_pct: int) -> bytes:
    """`LOO`, trend unknown, type 0, ..., LF, CR, CRC."""
    packet = bytearray(b"LOOP\x00" + (_NO_WORD + _NO_BYTE * 92)[: _BYTES - 5])
    packet[_BAROMETER_AT : _BAROMETER_AT + 2] = (29_921).to_bytes(2, "little")  # inHg / 1000
    packet[_TEMPERATURE_AT : _TEMPERATURE_AT + 2] = tenths_f.to_bytes(2, "little", signed=True)
    packet[_SPEED_AT] = packet[_SPEED_MEAN_AT] = mph
    packet[_DIRECTION_AT : _DIRECTION_AT + 2] = direction_deg.to_bytes(2, "little")
    packet[_HUMIDITY_AT] = humidity_pct
    packet[_LINE_END_AT:] = b"\n\r"
    return bytes(packet) + ccitt_crc(bytes(packet))
