"""Honeywell HPMA115S0 and HPMA115C0: 9600 8N1, sends by itself or when asked (data sheet).

The two layouts differ, so the model is configured. Acknowledgements have no check sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.framing import AnyOf, FrameFormat
from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel, big_endian_words, zero_sum
from firmware_bridge.sensors.bm import PREFIX, BmFormat
from firmware_bridge.sensors.counted import CountedFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_AUTO_BYTES: Final = 28
_COEFFICIENT: Final = b"\x40\x02\x10"
_ANSWERS: Final = {b"\xa5\xa5": True, b"\x96\x96": False}


class AnswerFormat(FrameFormat):
    """`A5 A5` or `96 96`: done, or refused."""

    headers = tuple(_ANSWERS)

    def length(self, start: bytes) -> int | None:
        return 2 if start else None

    def check(self, frame: bytes) -> None:
        """The header is all there is."""


def hpma_command(command: int, data: bytes = b"") -> bytes:
    """Start 01, stop 02, read 04, send unasked 40 or not 20, coefficient 10 (get), 08 (set)."""
    body = b"\x68" + bytes((1 + len(data), command)) + data
    return body + bytes((zero_sum(body),))


def _decode_s0(frame: bytes) -> Decoded:
    """PM2.5 and PM10 in µg/m³; the first word of a frame sent unasked is not used."""
    at = PREFIX + 2 if frame.startswith(BmFormat.headers) else 3
    pm25, pm10 = big_endian_words(frame[at : at + 4])
    return {"pm25": pm25, "pm10": pm10}


def _decode_c0(frame: bytes) -> Decoded:
    """PM1, PM2.5, PM4 and PM10 in µg/m³."""
    at = PREFIX if frame.startswith(BmFormat.headers) else 3
    words = big_endian_words(frame[at : at + 8])
    return dict(zip(("pm1", "pm25", "pm4", "pm10"), words, strict=True))


def _answered(frame: bytes) -> Decoded | None:
    if frame in _ANSWERS:
        return {"acknowledged": _ANSWERS[frame]}
    if frame.startswith(_COEFFICIENT):
        return {"coefficient": frame[3]}
    return None


def _model(
    identifier: str,
    reply: Mapping[bytes, int],
    decode: Callable[[bytes], Decoded],
    values: Mapping[str, str],
    *extras: str,
) -> SensorModel:
    replies = CountedFormat({**reply, _COEFFICIENT: 5}, zero_sum)
    return SensorModel(
        identifier=identifier,
        baud=9600,
        parity="N",
        frame_format=AnyOf(BmFormat(_AUTO_BYTES), replies, AnswerFormat()),
        decode=lambda frame: _answered(frame) or decode(frame),
        values=values,
        extras=extras,
        warm_up_s=10,
        poll_s=1,
        options=CYCLED | {"coefficient"},
    )


HPMA115S0: Final = _model(
    "hpma115s0", {b"\x40\x05\x04": 8}, _decode_s0, {"pm25": "pm25", "pm10": "pm10"}
)
HPMA115C0: Final = _model(
    "hpma115c0",
    {b"\x40\x0d\x04": 16},
    _decode_c0,
    {"pm1": "pm1", "pm25": "pm25", "pm10": "pm10"},
    "pm4",
)
