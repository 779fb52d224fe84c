"""RM Young 86xxx: 9600 8N1, lines `a 1.50 57.0 00*47` and CR, exclusive or before the star.

The line has no mark at its beginning, only the sensor's address, so its whole shape is checked.
"""

from __future__ import annotations

import re
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import WIND, Decoded, SensorModel, exclusive_or
from firmware_bridge.sensors.wind import WEATHER, wind

_ADDRESSES: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE: Final = re.compile(
    rb"([0-9A-Za-z]) +(\d{1,3}\.\d{1,2}) +(\d{1,3}\.\d) +(\d\d)\*([0-9A-Fa-f]{2})\r"
)
_GOOD: Final = "00"


class YoungFormat(FrameFormat):
    """Address, blank, speed, direction, status, star, two hexadecimal digits, CR."""

    headers = tuple(bytes((address, 0x20)) for address in _ADDRESSES)
    reach = 40

    def length(self, start: bytes) -> int | None:
        end = start.find(b"\r")
        if end < 0 and len(start) >= self.reach:
            raise FrameError("length", f"no end within {self.reach} bytes")
        return end + 1 if end >= 0 else None

    def check(self, frame: bytes) -> None:
        shape = _SHAPE.fullmatch(frame)
        if shape is None:
            raise FrameError("length", f"{frame!r} is no line of speed, direction and status")
        stated, computed = int(shape[5], 16), exclusive_or(frame[: frame.index(b"*")])
        if stated != computed:
            raise FrameError("checksum", f"{stated:#04x} stated, {computed:#04x} computed")


def decode_young(frame: bytes) -> Decoded:
    """Address, speed, direction and status; data where that is good.

    The line names no unit: the sensor has to be set to m/s.
    """
    address, speed, direction, status = frame[: frame.index(b"*")].decode("ascii").split()
    decoded: Decoded = {
        "address": address,
        "wind_speed": float(speed),
        "wind_dir_deg": float(direction),
        "status": status,
    }
    return decoded | (wind(float(speed), "M", float(direction)) if status == _GOOD else {})


RM_YOUNG_86XXX: Final = SensorModel(
    identifier="rm-young-86xxx",
    baud=9600,
    parity="N",
    frame_format=YoungFormat(),
    decode=decode_young,
    values={},
    weather=WEATHER,
    options=WIND,
)
