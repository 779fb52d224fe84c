"""Panasonic SN-GCJA5: 9600 8E1, 32 bytes a second between 02 and 03, little endian (data sheet).

Masses of the serial line are whole µg/m³; the division by 1000 belongs to the I2C registers.
"""

from __future__ import annotations

import struct
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import Decoded, SensorModel, exclusive_or

_LENGTH: Final = 32
_TAIL: Final = 0x03
_LAYOUT: Final = struct.Struct("<3L3H2x3H")
_MASSES: Final = ("pm1_raw", "pm25_raw", "pm10_raw")
_COUNTS: Final = ("n05", "n10", "n25", "n50", "n75", "n100")
_STATUS: Final = {"sensor_status": 6, "pd_status": 4, "ld_status": 2, "fan_status": 0}


class GcjaFormat(FrameFormat):
    """32 bytes `02`, data, exclusive or of the data, `03`."""

    headers = (b"\x02",)

    def length(self, start: bytes) -> int | None:
        return _LENGTH if start else None

    def check(self, frame: bytes) -> None:
        if frame[-1] != _TAIL:
            raise FrameError("tail", f"{frame[-1]:02X} where 03 ends a frame")
        computed = exclusive_or(frame[1:30])
        if frame[30] != computed:
            raise FrameError("checksum", f"{frame[30]:#04x} stated, {computed:#04x} computed")


def decode_gcja5(frame: bytes) -> Decoded:
    """Masses, counts as sent, and the two status bits of sensor, photo diode, laser and fan."""
    numbers = dict(zip(_MASSES + _COUNTS, _LAYOUT.unpack(frame[1:27]), strict=True))
    return numbers | {name: frame[29] >> shift & 0b11 for name, shift in _STATUS.items()}


SN_GCJA5: Final = SensorModel(
    identifier="sn-gcja5",
    baud=9600,
    parity="E",
    frame_format=GcjaFormat(),
    decode=decode_gcja5,
    values={"pm1": "pm1_raw", "pm25": "pm25_raw", "pm10": "pm10_raw"},
    extras=_COUNTS,
    warm_up_s=28,
)
