"""Plantower PMSx003: 9600 8N1, frames that begin 42 4D, 16-bit sum (PMS5003 data sheet).

The same header and length serve other makers with other layouts, so the model is configured and
never guessed. "CF=1" and "atmospheric" values are both kept: a correction may need the former.
A frame of zeros is legal: clean air must not be thrown away.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.sensors.base import Decoded, SensorModel, big_endian_words

_DATA_BYTES: Final = 28  # length field of a data frame: the bytes that follow it, sum included
_ACK_BYTES: Final = 4  # of a command's acknowledgement (not in the data sheet; captured)
_PREFIX: Final = 4  # header and length field
_WORDS: Final = (
    "pm1_cf1",
    "pm25_cf1",
    "pm10_cf1",
    "pm1_atm",
    "pm25_atm",
    "pm10_atm",
    "n03_per_dl",
    "n05_per_dl",
    "n10_per_dl",
    "n25_per_dl",
    "n50_per_dl",
    "n100_per_dl",
)


class BmFormat:
    """Frames `42 4D`, length, data, sum; the lengths that a model sends are known beforehand."""

    header = b"\x42\x4d"

    def __init__(self, *lengths: int) -> None:
        self._lengths = lengths

    def length(self, start: bytes) -> int | None:
        if len(start) < _PREFIX:
            return None
        follows = int.from_bytes(start[2:4])
        if follows not in self._lengths:
            known = ", ".join(str(length) for length in self._lengths)
            raise FrameError("length", f"{follows} bytes announced, known are {known}")
        return _PREFIX + follows

    def check(self, frame: bytes) -> None:
        stated = int.from_bytes(frame[-2:])
        computed = sum(frame[:-2]) & 0xFFFF
        if stated != computed:
            raise FrameError("checksum", f"{stated:#06x} stated, {computed:#06x} computed")


def decode_pms5003(frame: bytes) -> Decoded:
    """The values of a checked frame: µg/m³, counts per 0.1 l, or an acknowledgement."""
    if len(frame) == _PREFIX + _ACK_BYTES:
        return {"ack_cmd": f"{frame[4]:02X}", "ack_data": frame[5]}
    decoded: Decoded = dict(zip(_WORDS, big_endian_words(frame[4:28]), strict=True))
    return decoded | {"version": frame[28], "error_code": frame[29]}


PMS5003: Final = SensorModel(
    identifier="pms5003",
    baud=9600,
    parity="N",
    frame_format=BmFormat(_DATA_BYTES, _ACK_BYTES),
    decode=decode_pms5003,
    values={"pm1": "pm1_atm", "pm25": "pm25_atm", "pm10": "pm10_atm"},
    extras=("pm1_cf1", "pm25_cf1", "pm10_cf1", *_WORDS[6:]),
)
