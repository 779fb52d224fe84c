"""Davis Vantage: 19200 8N1, LOOP packets of 99 bytes, little endian, CRC-CCITT (serial reference).

A console sends 255 or 32767 for what it does not know; that is never a value.
"""

from __future__ import annotations

from binascii import crc_hqx
from datetime import datetime
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import WIND, Decoded, SensorModel, signed_word
from firmware_bridge.sensors.wind import MPS_OF_MPH, WEATHER

_LOOP: Final = b"LOO"
_LOOP_BYTES: Final = 99
_TIME_BYTES: Final = 8
_NO_BYTE: Final = 255
_NO_WORD: Final = 32_767
_FIRST_YEAR: Final = 1900

WAKE: Final = b"\n"
ACKNOWLEDGED: Final = b"\x06"


class _CheckedFormat(FrameFormat):
    """A fixed length with the CRC at its end, so that the CRC of the whole is 0."""

    bytes_of_frame: int

    def length(self, start: bytes) -> int | None:
        return self.bytes_of_frame if start else None

    def check(self, frame: bytes) -> None:
        stated, computed = int.from_bytes(frame[-2:]), crc_hqx(frame[:-2], 0)
        if stated != computed:
            raise FrameError("checksum", f"{stated:#06x} stated, {computed:#06x} computed")


class LoopFormat(_CheckedFormat):
    """`LOO`, 94 bytes, CRC."""

    headers = (_LOOP,)
    bytes_of_frame = _LOOP_BYTES


class TimeFormat(_CheckedFormat):
    """The console's clock: no header at all, so it is never looked for in a stream."""

    headers = (b"",)
    bytes_of_frame = _TIME_BYTES

    def may_be(self, frame: bytes) -> bool:
        return len(frame) == _TIME_BYTES

    def check(self, frame: bytes) -> None:
        super().check(frame)
        if _local_time(frame) is None:
            raise FrameError("header", "no such date or time")


def loop_command(packets: int) -> bytes:
    """Ask for LOOP packets; a console that sleeps is woken by `WAKE` first."""
    return b"LOOP %d\n" % packets


def decode_vantage(frame: bytes) -> Decoded:
    """Wind, °C and % of a LOOP packet (None: not known), or the console's clock."""
    if not frame.startswith(_LOOP):
        return {"local_time": _local_time(frame)}
    speed_mph, direction = frame[14], int.from_bytes(frame[16:18], "little")
    decoded: Decoded = {
        "wind_speed_mph": _known(speed_mph, _NO_BYTE),
        "wind_dir_deg": None if direction in (0, _NO_WORD) else direction,
        "temperature_c": _celsius(int.from_bytes(frame[12:14], "little")),
        "humidity_pct": _known(frame[33], _NO_BYTE),
    }
    return decoded | ({} if speed_mph == _NO_BYTE else _wind(speed_mph, decoded["wind_dir_deg"]))


def _wind(speed_mph: int, direction_deg: int | None) -> Decoded:
    return {"wind_mps": round(speed_mph * MPS_OF_MPH, 3), "wind_deg": direction_deg}


def _known(value: int, missing: int) -> int | None:
    return None if value == missing else value


def _celsius(tenths_f: int) -> float | None:
    return None if tenths_f == _NO_WORD else round((signed_word(tenths_f) / 10 - 32) / 1.8, 2)


def _local_time(frame: bytes) -> str | None:
    second, minute, hour, day, month, year = frame[:6]
    try:
        stamp = datetime(_FIRST_YEAR + year, month, day, hour, minute, second)  # noqa: DTZ001  (the console knows no zone)
    except ValueError:
        return None
    return stamp.isoformat()


DAVIS_VANTAGE: Final = SensorModel(
    identifier="davis-vantage",
    baud=19_200,
    parity="N",
    frame_format=LoopFormat(),
    decode=decode_vantage,
    values={},
    weather=WEATHER | {"t_c": "temperature_c", "rh": "humidity_pct"},
    answers=(TimeFormat(),),
    is_only_asked=True,
    preamble=ACKNOWLEDGED,
    options=WIND | {"asked"},
)
