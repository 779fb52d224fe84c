"""Nova SDS011, SDS018, SDS021: 9600 8N1, ten bytes AA .. AB, 8-bit sum (SDS011 control protocol).

The sum is weak (one garbage frame in 256 passes), so implausible values are flagged later; they are
never dropped here.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.sensors.base import Decoded, SensorModel

_LENGTH: Final = 10
_DATA: Final = 0xC0
_REPLY: Final = 0xC5
_TAIL: Final = 0xAB
_REPLIES: Final = {2: "mode", 5: "set_id", 6: "work", 7: "firmware", 8: "period"}


class SdsFormat:
    """Ten bytes `AA C0|C5`, data, sum, `AB`."""

    header = b"\xaa"

    def length(self, start: bytes) -> int | None:
        if len(start) < 2:  # noqa: PLR2004  (header and kind)
            return None
        if start[1] not in (_DATA, _REPLY):
            raise FrameError("header", f"kind {start[1]:02X}, known are C0 and C5")
        return _LENGTH

    def check(self, frame: bytes) -> None:
        if frame[-1] != _TAIL:
            raise FrameError("tail", f"{frame[-1]:02X} where AB ends a frame")
        computed = sum(frame[2:8]) & 0xFF
        if frame[8] != computed:
            raise FrameError("checksum", f"{frame[8]:#04x} stated, {computed:#04x} computed")


def decode_sds011(frame: bytes) -> Decoded:
    """The values of a checked frame in µg/m³ (tenths, little endian), or a command's reply."""
    device: Decoded = {"device_id": f"{frame[6]:02X}{frame[7]:02X}"}
    if frame[1] == _REPLY:
        return _reply(frame) | device
    pm25 = int.from_bytes(frame[2:4], "little") / 10
    pm10 = int.from_bytes(frame[4:6], "little") / 10
    return {"pm25": pm25, "pm10": pm10} | device


def _reply(frame: bytes) -> Decoded:
    kind = _REPLIES.get(frame[2], f"{frame[2]:02X}")
    if kind == "firmware":
        return {"reply": kind, "firmware": f"{frame[3]:02d}-{frame[4]:02d}-{frame[5]:02d}"}
    if kind == "set_id":
        return {"reply": kind}
    return {"reply": kind, "is_set": bool(frame[3]), "value": frame[4]}


SDS011: Final = SensorModel(
    identifier="sds011",
    baud=9600,
    parity="N",
    frame_format=SdsFormat(),
    decode=decode_sds011,
    values={"pm25": "pm25", "pm10": "pm10"},
)
