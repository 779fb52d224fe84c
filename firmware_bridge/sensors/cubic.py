"""Cubic PM1006, PM1006K, PM1003A and PM2008: 9600 8N1, the sum of a whole frame is 0 modulo 256.

The host's requests begin with 11 and are noise here: on a tapped line both are heard. The
acknowledgement of opening and closing was recalled; its check byte agrees.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.sensors.base import CYCLED, Decoded, SensorModel, zero_sum
from firmware_bridge.sensors.counted import CountedFormat

_SWITCHED: Final = b"\x16\x02\x0c"


def cubic_command(command: int, data: bytes = b"") -> bytes:
    """Read 0B (PM1006 01, PM2008 07), open and close 0C (02 1E, 01 1E), version 1E, serial 1F."""
    body = b"\x11" + bytes((1 + len(data), command)) + data
    return body + bytes((zero_sum(body),))


def decode_pm1006(frame: bytes) -> Decoded:
    """PM2.5 in µg/m³; no other byte is documented as a concentration."""
    return {"pm25": int.from_bytes(frame[5:7])}


def decode_pm2008(frame: bytes) -> Decoded:
    """Masses in µg/m³ on the scale that the maker calls GRIMM, or an acknowledgement."""
    if frame.startswith(_SWITCHED):
        return {"ack_cmd": f"{frame[2]:02X}", "ack_data": frame[3]}
    fields = ("pm1_grimm", "pm25_grimm", "pm10_grimm")
    return {
        field: int.from_bytes(frame[at : at + 4])
        for field, at in zip(fields, (3, 7, 11), strict=True)
    }


PM1006: Final = SensorModel(
    identifier="pm1006",
    baud=9600,
    parity="N",
    frame_format=CountedFormat({b"\x16\x11\x0b": 20}, zero_sum),
    decode=decode_pm1006,
    values={"pm25": "pm25"},
    warm_up_s=30,
)
PM2008: Final = SensorModel(
    identifier="pm2008",
    baud=9600,
    parity="N",
    frame_format=CountedFormat({b"\x16\x35\x0b": 56, _SWITCHED: 5}, zero_sum),
    decode=decode_pm2008,
    values={"pm1": "pm1_grimm", "pm25": "pm25_grimm", "pm10": "pm10_grimm"},
    warm_up_s=30,
    poll_s=1,
    is_only_asked=True,
    options=CYCLED,
)
