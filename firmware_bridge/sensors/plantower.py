"""Plantower: 9600 8N1, frames that begin 42 4D, 16-bit sum (PMS5003 data sheet and its kin).

"CF=1" and "atmospheric" values are both kept: a correction may need the former. A frame of zeros is
legal: clean air must not be thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.sensors.base import (
    CYCLED,
    Decoded,
    SensorModel,
    big_endian_words,
    signed_word,
)
from firmware_bridge.sensors.bm import ACK_BYTES, BmFormat, acknowledged

if TYPE_CHECKING:
    from collections.abc import Callable

_MASSES: Final = ("pm1_cf1", "pm25_cf1", "pm10_cf1", "pm1_atm", "pm25_atm", "pm10_atm")
_COUNTS: Final = (
    "n03_per_dl",
    "n05_per_dl",
    "n10_per_dl",
    "n25_per_dl",
    "n50_per_dl",
    "n100_per_dl",
)
_VALUES: Final = {"pm1": "pm1_atm", "pm25": "pm25_atm", "pm10": "pm10_atm"}

READ: Final = 0xE2
MODE: Final = 0xE1
SLEEP: Final = 0xE4


def pms_command(command: int, data: int) -> bytes:
    """READ (data 0), MODE (0 passive, 1 active), SLEEP (0 sleep, 1 wake)."""
    body = b"\x42\x4d" + bytes((command,)) + data.to_bytes(2)
    return body + sum(body).to_bytes(2)


def decode_pms3003(frame: bytes) -> Decoded:
    """The six masses of a checked frame in µg/m³."""
    return dict(zip(_MASSES, big_endian_words(frame[4:16]), strict=True))


def decode_pms5003(frame: bytes) -> Decoded:
    """Masses in µg/m³, counts per 0.1 l."""
    return _counted(frame, 6) | {"version": frame[28], "error_code": frame[29]}


def decode_pms5003t(frame: bytes) -> Decoded:
    """Where others count the two largest sizes stand °C and % of its own sensor."""
    climate = _climate(frame[24:28])
    return _counted(frame, 4) | climate | {"version": frame[28], "error_code": frame[29]}


def decode_pms5003s(frame: bytes) -> Decoded:
    """Formaldehyde in µg/m³ stands where others have their version."""
    return _counted(frame, 6) | {"hcho_ugm3": int.from_bytes(frame[28:30])}


def decode_pms5003st(frame: bytes) -> Decoded:
    """Formaldehyde in µg/m³, then °C and %."""
    return decode_pms5003s(frame) | _climate(frame[30:34])


def _counted(frame: bytes, sizes: int) -> Decoded:
    names = _MASSES + _COUNTS[:sizes]
    return dict(zip(names, big_endian_words(frame[4 : 4 + 2 * len(names)]), strict=True))


def _climate(content: bytes) -> Decoded:
    tenths_c, tenths_pct = big_endian_words(content)
    return {"temperature_c": signed_word(tenths_c) / 10, "humidity_pct": tenths_pct / 10}


def _model(
    identifier: str, data_bytes: int, decode: Callable[[bytes], Decoded], *extras: str
) -> SensorModel:
    return SensorModel(
        identifier=identifier,
        baud=9600,
        parity="N",
        frame_format=BmFormat(data_bytes, ACK_BYTES),
        decode=lambda frame: acknowledged(frame) or decode(frame),
        values=_VALUES,
        extras=(*_MASSES[:3], *extras),
        warm_up_s=30,
        poll_s=2,
        options=CYCLED,
    )


_CLIMATE: Final = ("temperature_c", "humidity_pct")
PMS3003: Final = _model("pms3003", 20, decode_pms3003)
PMS5003: Final = _model("pms5003", 28, decode_pms5003, *_COUNTS)
PMS5003T: Final = _model("pms5003t", 28, decode_pms5003t, *_COUNTS[:4], *_CLIMATE)
PMS5003S: Final = _model("pms5003s", 28, decode_pms5003s, *_COUNTS, "hcho_ugm3")
PMS5003ST: Final = _model("pms5003st", 36, decode_pms5003st, *_COUNTS, "hcho_ugm3", *_CLIMATE)
