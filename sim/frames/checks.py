"""Check values as the makers' documents define them."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODBUS_BEGIN = 0xFFFF
_MODBUS_POLYNOMIAL = 0xA001  # 0x8005 reflected
_CCITT_POLYNOMIAL = 0x1021
_CCITT_TOP = 0x8000


def byte_sum(content: bytes) -> int:
    """The sum modulo 256 (Nova)."""
    return sum(content) & 0xFF


def to_zero(content: bytes) -> int:
    """The byte that brings the sum to 0 modulo 256 (Honeywell, Winsen, Cubic, Tera)."""
    return (0x100 - byte_sum(content)) & 0xFF


def inverted_sum(content: bytes) -> int:
    """The sum's complement (Sensirion SHDLC)."""
    return 0xFF - byte_sum(content)


def exclusive_or(content: Iterable[int]) -> int:
    """All bytes by exclusive or (NMEA, Gill, Young, Panasonic)."""
    return reduce(xor, content, 0)


def modbus_crc(content: bytes) -> bytes:
    """CRC-16 of Modbus RTU as it stands on the line, low byte first."""
    crc = _MODBUS_BEGIN
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_MODBUS_POLYNOMIAL if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def ccitt_crc(content: bytes) -> bytes:
    """CRC-CCITT begun with 0, high byte first: over content and itself it gives 0 (Davis)."""
    crc = 0
    for byte in content:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (_CCITT_POLYNOMIAL if crc & _CCITT_TOP else 0)
    return (crc & 0xFFFF).to_bytes(2, "big")
