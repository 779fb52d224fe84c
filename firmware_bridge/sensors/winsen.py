"""Winsen ZH03B and ZH06: 9600 8N1, sends by itself or when asked (manuals of both).

The two ways have the fractions in different order: PM1, PM2.5, PM10 and PM2.5, PM10, PM1.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.framing import AnyOf
from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel, big_endian_words, zero_sum
from firmware_bridge.sensors.bm import BmFormat
from firmware_bridge.sensors.counted import CountedFormat

_ANSWER_BYTES: Final = 9
_SAMPLE: Final = b"\xff\x86"
_ACKNOWLEDGED: Final = (b"\xff\xa7", b"\xff\x78")


def zh_command(command: int, data: int = 0) -> bytes:
    """Read 86, mode 78 (40 sends by itself, 41 when asked), sleep A7 (1 sleep, 0 wake)."""
    summed = bytes((0x01, command, data, 0, 0, 0, 0))
    return b"\xff" + summed + bytes((zero_sum(summed),))


def decode_zh(frame: bytes) -> Decoded:
    """PM1, PM2.5 and PM10 in µg/m³, or a command's acknowledgement."""
    if frame.startswith(_ACKNOWLEDGED):
        return {"ack_cmd": f"{frame[1]:02X}", "ack_data": frame[2]}
    if frame.startswith(_SAMPLE):
        pm25, pm10, pm1 = big_endian_words(frame[2:8])
    else:
        pm1, pm25, pm10 = big_endian_words(frame[10:16])
    return {"pm1": pm1, "pm25": pm25, "pm10": pm10}


def _model(identifier: str, data_bytes: int) -> SensorModel:
    answers = CountedFormat(
        dict.fromkeys((_SAMPLE, *_ACKNOWLEDGED), _ANSWER_BYTES), lambda body: zero_sum(body[1:])
    )
    return SensorModel(
        identifier=identifier,
        baud=9600,
        parity="N",
        frame_format=AnyOf(BmFormat(data_bytes), answers),
        decode=decode_zh,
        values={"pm1": "pm1", "pm25": "pm25", "pm10": "pm10"},
        warm_up_s=30,
        poll_s=1,
        options=CYCLED,
    )


ZH03B: Final = _model("zh03b", 20)
ZH06: Final = _model("zh06", 28)
