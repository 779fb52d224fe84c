"""Gill WindSonic: 9600 8N1, polar lines between STX and ETX, exclusive or of what lies between."""

from __future__ import annotations

from typing import Final

from firmware_bridge.sensors.base import WIND, Decoded, SensorModel
from firmware_bridge.sensors.wind import WEATHER, XorLineFormat, number, wind

_LONGEST: Final = 40
_FIELDS: Final = ("node", "direction", "speed", "unit", "status")
_GOOD: Final = "00"


def decode_windsonic(frame: bytes) -> Decoded:
    """Node, direction (None in calm air), speed, unit and status; data where the status is good."""
    fields = frame[1:-5].decode("ascii", "replace").split(",")
    if len(fields) < len(_FIELDS):
        return {"text": ",".join(fields)}
    node, direction, speed, unit, status = fields[: len(_FIELDS)]
    decoded: Decoded = {
        "node": node,
        "wind_dir_deg": number(direction),
        "wind_speed": number(speed),
        "unit": unit,
        "status": status,
    }
    used = wind(number(speed), unit, number(direction)) if status == _GOOD else {}
    return decoded | used


WINDSONIC: Final = SensorModel(
    identifier="windsonic",
    baud=9600,
    parity="N",
    frame_format=XorLineFormat(b"\x02", b"\r\n", _LONGEST, b"\x03"),
    decode=decode_windsonic,
    values={},
    weather=WEATHER,
    options=WIND,
)
