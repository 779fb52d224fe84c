"""Frames `42 4D`, length, data, 16-bit sum: one outer shape, several makers, different insides.

The same header and length serve Plantower, Honeywell, Winsen and Telaire with other layouts, so the
model is configured and never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded

PREFIX: Final = 4
"""Bytes of header and length field."""
ACK_BYTES: Final = 4
"""Of the acknowledgement of a command: not in the data sheets, captured from a Plantower."""


class BmFormat(FrameFormat):
    """Frames `42 4D`, length, data, sum; the lengths that a model sends are known beforehand."""

    headers = (b"\x42\x4d",)

    def __init__(self, *lengths: int) -> None:
        self._lengths = lengths

    def length(self, start: bytes) -> int | None:
        if len(start) < PREFIX:
            return None
        follows = int.from_bytes(start[2:4])
        if follows not in self._lengths:
            known = ", ".join(str(length) for length in self._lengths)
            raise FrameError("length", f"{follows} bytes announced, known are {known}")
        return PREFIX + follows

    def check(self, frame: bytes) -> None:
        stated = int.from_bytes(frame[-2:])
        computed = sum(frame[:-2]) & 0xFFFF
        if stated != computed:
            raise FrameError("checksum", f"{stated:#06x} stated, {computed:#06x} computed")


def acknowledged(frame: bytes) -> Decoded | None:
    """The command and the data that a frame acknowledges; None for any other frame."""
    if len(frame) != PREFIX + ACK_BYTES:
        return None
    return {"ack_cmd": f"{frame[4]:02X}", "ack_data": frame[5]}
