"""Sensirion SPS30 on its serial line: SHDLC frames between flags, ten floats (data sheet)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sim.frames.checks import inverted_sum
from sim.frames.encoded import Encoded
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.air import Air

FLAG = 0x7E
READ = 0x03
_ESCAPE = 0x7D
_HARMFUL = (FLAG, _ESCAPE, 0x11, 0x13)  # flag, escape, XON, XOFF
_TURNED_BIT = 0x20
_ADDRESS = 0  # the only one that it has

# The line carries floats: hundredths come back exactly from every level that it measures.
_HUNDREDTHS = Scale(100, most=100_000)

# Counts per cm3 above 0.5, 1, 2.5, 4 and 10 um for each ug/m3 of PM2.5, as in the captured frames.
_COUNTS_PER_UGM3 = (4.3, 5.3, 5.6, 5.66, 5.67)
_TYPICAL_SIZE_UM = 0.75


def sps30(air: Air) -> Encoded:
    levels = {
        field: _HUNDREDTHS.level(_HUNDREDTHS.steps(value))
        for field, value in zip(("pm1", "pm25", "pm4", "pm10"), air[:4], strict=True)
    }
    counts = [share * air.pm25 for share in _COUNTS_PER_UGM3]
    sample = [*(float(level) for level in levels.values()), *counts, _TYPICAL_SIZE_UM]
    del levels["pm4"]  # no field of the wire
    return Encoded(sample_frame(sample), levels)


def sample_frame(sample: Sequence[float]) -> bytes:
    """The answer to a read: PM1, PM2.5, PM4, PM10, five counts, the typical size."""
    return reply(READ, struct.pack(">10f", *sample))


def reply(command: int, data: bytes = b"", state: int = 0) -> bytes:
    """What the sensor answers to `command`; an empty `data` on a read says: no new sample."""
    content = bytes((_ADDRESS, command, state, len(data))) + data
    return flagged(content + bytes((inverted_sum(content),)))


def flagged(content: bytes) -> bytes:
    """The content between flags, with the bytes that would harm the line stuffed."""
    stuffed = bytearray((FLAG,))
    for byte in content:
        stuffed += bytes((_ESCAPE, byte ^ _TURNED_BIT)) if byte in _HARMFUL else bytes((byte,))
    return bytes(stuffed) + bytes((FLAG,))


def plain(stuffed: bytes) -> bytes:
    """What stood between the flags before stuffing."""
    content, turn = bytearray(), 0
    for byte in stuffed:
        if byte == _ESCAPE and not turn:
            turn = _TURNED_BIT
        else:
            content.append(byte ^ turn)
            turn = 0
    return bytes(content)
