"""Panasonic SN-GCJA5: 32 bytes between STX and ETX, little-endian, whole µg/m³ (data sheet)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sim.frames.checks import exclusive_or
from sim.frames.encoded import Encoded
from sim.frames.plantower import particle_counts
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.air import Air

_STX, _ETX = b"\x02", b"\x03"
_LAYOUT = struct.Struct("<3L7H2xB")
_LEVEL = Scale(most=2000)  # the serial line's range


def sn_gcja5(air: Air) -> Encoded:
    fields = ("pm1", "pm25", "pm10")
    steps = [_LEVEL.steps(getattr(air, field)) for field in fields]
    levels = dict(zip(fields, map(_LEVEL.level, steps), strict=True))
    _, over_05, over_10, over_25, over_50, over_100 = particle_counts(steps[1], steps[2])
    counts = (over_05, over_10, over_25, 0, over_50, (over_50 + over_100) // 2, over_100)
    return Encoded(sn_gcja5_frame(steps, counts), levels)


def sn_gcja5_frame(masses_ugm3: Sequence[int], counts: Sequence[int], status: int = 0) -> bytes:
    """Three masses, seven counts (> 0.5, 1.0, 2.5, none, 5, 7.5, 10 um) and the status.

    The status has two bits each for sensor, photo diode, laser and fan, the fan's lowest.
    """
    content = _LAYOUT.pack(*masses_ugm3, *counts, status)
    return _STX + content + bytes((exclusive_or(content),)) + _ETX
