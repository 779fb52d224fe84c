"""Wind as every instrument tells it: a speed with a unit letter, a direction in degrees.

Calm air has no direction (None), and directions are averaged as vectors, never as numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import LineFormat
from firmware_bridge.sensors.base import exclusive_or

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded

MPS_OF_KNOT: Final = 0.514444
MPS_OF_MPH: Final = 0.44704
_MPS_OF: Final = {"M": 1.0, "N": MPS_OF_KNOT, "K": 1 / 3.6, "P": MPS_OF_MPH, "S": MPS_OF_MPH}
_FULL_CIRCLE: Final = 360
_NUMBER: Final = re.compile(r"[+-]?\d{1,6}(\.\d{1,6})?", re.ASCII)

WEATHER: Final = {"wind_mps": "wind_mps", "wind_deg": "wind_deg"}
"""A reading's fields for wind, and where `wind` puts them."""


class XorLineFormat(LineFormat):
    """Text lines with an exclusive or of the body in two hexadecimal digits behind a mark."""

    def __init__(self, header: bytes, end: bytes, longest: int, mark: bytes) -> None:
        super().__init__(header, end, longest)
        self._mark = mark
        self._tail = len(mark) + 2 + len(end)

    def check(self, frame: bytes) -> None:
        body, tail = frame[len(self.headers[0]) : -self._tail], frame[-self._tail :]
        if not tail.startswith(self._mark):
            raise FrameError("tail", f"{tail!r} where {self._mark!r} and two digits end a line")
        computed = f"{exclusive_or(body):02X}"
        stated = tail[len(self._mark) :][:2].decode("ascii", "replace").upper()
        if stated != computed:
            raise FrameError("checksum", f"{stated} stated, {computed} computed")


def number(text: str) -> float | None:
    """The number that `text` is; None where it is empty or none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def wind(speed: float | None, unit: str, direction_deg: float | None) -> Decoded:
    """Wind in m/s and degrees (None: calm); nothing where speed, unit or direction cannot be."""
    if speed is None or speed < 0 or unit not in _MPS_OF:
        return {}
    if direction_deg is not None and not 0 <= direction_deg <= _FULL_CIRCLE:
        return {}
    return {"wind_mps": round(speed * _MPS_OF[unit], 3), "wind_deg": direction_deg}
