"""Tera NextPM: 115200 8E1, answers when asked, whole frame sums to 0 modulo 256 (user guide).

Any command may be answered by the state alone (16): starting, asleep or broken, and no data.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.sensors.base import (
    CYCLED,
    Decoded,
    SensorModel,
    big_endian_words,
    signed_word,
    zero_sum,
)
from firmware_bridge.sensors.counted import CountedFormat
from firmware_bridge.sensors.modbus import ModbusFormat, decode_modbus

_ADDRESS: Final = 0x81
_MEANS: Final = (0x11, 0x12, 0x13)
_CLIMATE: Final = 0x14
_POWER: Final = 0x15
_STATE: Final = 0x16
_FIRMWARE: Final = 0x17
_LENGTHS: Final = dict.fromkeys(_MEANS, 16) | {_CLIMATE: 8, _POWER: 4, _STATE: 4, _FIRMWARE: 6}
_COUNTS: Final = ("n1_per_l", "n25_per_l", "n10_per_l")
_MASSES: Final = ("pm1", "pm25", "pm10")


def nextpm_command(command: int) -> bytes:
    """Means of 10 s, 60 s, 900 s (11, 12, 13), climate 14, power toggle 15, state 16, firmware 17.

    The power command is a toggle: read the state before it.
    """
    body = bytes((_ADDRESS, command))
    return body + bytes((zero_sum(body),))


def decode_nextpm(frame: bytes) -> Decoded:
    """Masses in µg/m³ and counts per litre, inner climate, firmware, or the state alone."""
    if frame[0] != _ADDRESS:
        return decode_modbus(frame)
    state: Decoded = {"state": frame[2]}
    words = big_endian_words(frame[3:-1])
    if frame[1] in _MEANS:
        counts = dict(zip(_COUNTS, words, strict=False))
        return state | counts | _tenths(words[3:])
    if frame[1] == _CLIMATE:
        return state | {
            "temperature_c": signed_word(words[0]) / 100,
            "humidity_pct": words[1] / 100,
        }
    return state | ({"firmware": words[0]} if frame[1] == _FIRMWARE else {})


def _tenths(words: list[int]) -> Decoded:
    return {name: word / 10 for name, word in zip(_MASSES, words, strict=True)}


NEXTPM: Final = SensorModel(
    identifier="nextpm",
    baud=115_200,
    parity="E",
    frame_format=CountedFormat(
        {bytes((_ADDRESS, command)): length for command, length in _LENGTHS.items()}, zero_sum
    ),
    decode=decode_nextpm,
    values={"pm1": "pm1", "pm25": "pm25", "pm10": "pm10"},
    extras=_COUNTS,
    warm_up_s=15,
    poll_s=10,
    is_only_asked=True,
    answer_within_s=1.5,
    options=CYCLED,
    answers=(ModbusFormat((1,)),),
)
