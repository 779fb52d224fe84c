"""Telaire SM-UART-04L: 9600 8N1, 32-byte frames like Plantower's, flags in the high bytes.

Its commands are Plantower's; whether it acknowledges them as well was not found.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel, big_endian_words
from firmware_bridge.sensors.bm import ACK_BYTES, BmFormat, acknowledged

_DATA_BYTES: Final = 28
_LEVEL: Final = 0x3FFF  # the two highest bits of a word are flags
_MASSES: Final = ("pm1_cf1", "pm25_cf1", "pm10_cf1", "pm1_atm", "pm25_atm", "pm10_atm")


def decode_sm_uart_04l(frame: bytes) -> Decoded:
    """Masses in µg/m³ ("smoke" is CF=1, "environment" is atmospheric) and the error bits."""
    levels = [word & _LEVEL for word in big_endian_words(frame[4:16])]
    return dict(zip(_MASSES, levels, strict=True)) | {"error_bits": frame[29]}


SM_UART_04L: Final = SensorModel(
    identifier="sm-uart-04l",
    baud=9600,
    parity="N",
    frame_format=BmFormat(_DATA_BYTES, ACK_BYTES),
    decode=lambda frame: acknowledged(frame) or decode_sm_uart_04l(frame),
    values={"pm1": "pm1_atm", "pm25": "pm25_atm", "pm10": "pm10_atm"},
    extras=_MASSES[:3],
    warm_up_s=30,
    poll_s=2,
    options=CYCLED,
)
