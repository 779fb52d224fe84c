"""Nova SDS011, SDS018, SDS021, SDS198: 9600 8N1, ten bytes AA .. AB, 8-bit sum (control protocol).

The sum is weak (one garbage frame in 256 passes), so implausible values are flagged later; they are
never dropped here.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel

_LENGTH: Final = 10
_DATA: Final = 0xC0
_DATA_SDS198: Final = 0xCF
_REPLY: Final = 0xC5
_TAIL: Final = 0xAB
_REPLIES: Final = {2: "mode", 5: "set_id", 6: "work", 7: "firmware", 8: "period"}
_COMMAND_DATA: Final = 12
EVERY_DEVICE: Final = 0xFFFF


class SdsFormat(FrameFormat):
    """Ten bytes `AA`, kind of data or `C5`, data, sum, `AB`."""

    headers = (b"\xaa",)

    def __init__(self, data: int = _DATA) -> None:
        self._kinds = (data, _REPLY)

    def length(self, start: bytes) -> int | None:
        if len(start) < 2:  # noqa: PLR2004  (header and kind)
            return None
        if start[1] not in self._kinds:
            known = " and ".join(f"{kind:02X}" for kind in self._kinds)
            raise FrameError("header", f"kind {start[1]:02X}, known are {known}")
        return _LENGTH

    def check(self, frame: bytes) -> None:
        if frame[-1] != _TAIL:
            raise FrameError("tail", f"{frame[-1]:02X} where AB ends a frame")
        computed = sum(frame[2:8]) & 0xFF
        if frame[8] != computed:
            raise FrameError("checksum", f"{frame[8]:#04x} stated, {computed:#04x} computed")


def sds_command(command: int, data: bytes = b"", target: int = EVERY_DEVICE) -> bytes:
    """A command of 19 bytes; mode, identity and period are kept in flash: write when they differ.

    2 report mode, 4 query, 5 set identity, 6 sleep/work, 7 firmware, 8 period.
    """
    summed = bytes((command,)) + data.ljust(_COMMAND_DATA, b"\x00") + target.to_bytes(2)
    return b"\xaa\xb4" + summed + bytes((sum(summed) & 0xFF, _TAIL))


def decode_sds011(frame: bytes) -> Decoded:
    """The values of a checked frame in µg/m³ (tenths, little endian), or a command's reply."""
    if frame[1] == _REPLY:
        return _reply(frame) | _device(frame)
    pm25 = int.from_bytes(frame[2:4], "little") / 10
    pm10 = int.from_bytes(frame[4:6], "little") / 10
    return {"pm25": pm25, "pm10": pm10} | _device(frame)


def decode_sds198(frame: bytes) -> Decoded:
    """PM100 in whole µg/m³, or a command's reply."""
    if frame[1] == _REPLY:
        return _reply(frame) | _device(frame)
    return {"pm100": float(int.from_bytes(frame[4:6], "little"))} | _device(frame)


def _device(frame: bytes) -> Decoded:
    return {"device_id": f"{frame[6]:02X}{frame[7]:02X}"}


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
    warm_up_s=15,
    poll_s=2,
    answer_within_s=2,
    options=CYCLED,
)
SDS198: Final = SensorModel(
    identifier="sds198",
    baud=9600,
    parity="N",
    frame_format=SdsFormat(_DATA_SDS198),
    decode=decode_sds198,
    values={"tsp": "pm100"},
    warm_up_s=15,
    poll_s=2,
    answer_within_s=2,
    options=CYCLED,
)
