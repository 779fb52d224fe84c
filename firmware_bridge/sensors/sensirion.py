"""Sensirion SPS30: 115200 8N1, SHDLC frames between flags 7E, bytes stuffed (SPS30 data sheet).

A reply is as long as its stuffing makes it, so only the flags tell where it ends.
"""

from __future__ import annotations

import math
import struct
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel

_FLAG: Final = b"\x7e"
_ESCAPE: Final = 0x7D
_STUFFED: Final = frozenset(b"\x7e\x7d\x11\x13")
_OVERHEAD: Final = 5  # address, command, state, length, check byte
_LONGEST: Final = 2 + 2 * (_OVERHEAD + 255)  # both flags, every byte stuffed
_READ: Final = 0x03
_FLOATS: Final = struct.Struct(">10f")
_FIELDS: Final = (
    "pm1",
    "pm25",
    "pm4",
    "pm10",
    "n05_per_cm3",
    "n10_per_cm3",
    "n25_per_cm3",
    "n40_per_cm3",
    "n100_per_cm3",
    "typical_size_um",
)


class ShdlcFormat(FrameFormat):
    """`7E`, stuffed address, command, state, length, data and check byte, `7E`."""

    headers = (_FLAG,)
    reach = _LONGEST
    shares_flag = True
    unended_reason = "header"

    def length(self, start: bytes) -> int | None:
        end = start.find(_FLAG, 1)
        if end == 1:
            raise FrameError("length", "nothing between two flags")
        if end > 0:
            return end + 1
        if len(start) >= self.reach:
            raise FrameError("length", f"no flag within {self.reach} bytes")
        return None

    def check(self, frame: bytes) -> None:
        content = unstuffed(frame[1:-1])
        if len(content) < _OVERHEAD or len(content) != _OVERHEAD + content[3]:
            raise FrameError("length", f"{len(content)} bytes between the flags")
        computed = ~sum(content[:-1]) & 0xFF
        if content[-1] != computed:
            raise FrameError("checksum", f"{content[-1]:#04x} stated, {computed:#04x} computed")


def stuffed(content: bytes) -> bytes:
    """Flags, escapes and flow control bytes made harmless."""
    parts = (bytes((_ESCAPE, b ^ 0x20)) if b in _STUFFED else bytes((b,)) for b in content)
    return b"".join(parts)


def unstuffed(content: bytes) -> bytes:
    """The content as it was before stuffing, in one pass: `7D 5D 31` is `7D 31`."""
    plain, escaped = bytearray(), False
    for byte in content:
        if byte == _ESCAPE and not escaped:
            escaped = True
            continue
        plain.append(byte ^ 0x20 if escaped else byte)
        escaped = False
    if escaped:  # nothing stands behind it: one byte too many for any length
        plain.append(_ESCAPE)
    return bytes(plain)


def shdlc_command(command: int, data: bytes = b"", address: int = 0) -> bytes:
    """Start 00 (data 01 03), stop 01, read 03, sleep 10, wake 11, clean the fan 56, reset D3.

    80 with data 00 asks for the seconds between fan cleanings, with 00 and a u32 it sets them.
    """
    content = bytes((address, command, len(data))) + data
    return _FLAG + stuffed(content + bytes((~sum(content) & 0xFF,))) + _FLAG


def decode_sps30(frame: bytes) -> Decoded:
    """Masses in µg/m³, counts per cm³, size in µm; a reply without a sample is no data."""
    address, command, state, _, *data = unstuffed(frame[1:-1])[:-1]
    reply: Decoded = {"address": address, "command": command, "state": state}
    if command == _READ and state == 0 and len(data) == _FLOATS.size:
        return reply | _sample(bytes(data))
    return reply | {"data": bytes(data).hex().upper()}


def _sample(data: bytes) -> Decoded:
    """What is not a number is left out, which makes the frame no data."""
    numbers = zip(_FIELDS, _FLOATS.unpack(data), strict=True)
    return {field: round(number, 4) for field, number in numbers if math.isfinite(number)}


SPS30: Final = SensorModel(
    identifier="sps30",
    baud=115_200,
    parity="N",
    frame_format=ShdlcFormat(),
    decode=decode_sps30,
    values={"pm1": "pm1", "pm25": "pm25", "pm10": "pm10"},
    extras=("pm4", *_FIELDS[4:]),
    warm_up_s=30,
    poll_s=1,
    is_only_asked=True,
    options=CYCLED | {"fan_clean_s"},
)
