"""Honeywell HPMA115S0 and C0: frames sent unasked and answers to a read (data sheet)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import bm_frame, words
from sim.frames.checks import to_zero
from sim.frames.encoded import Encoded
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sim.air import Air

ACK, NACK = b"\xa5\xa5", b"\x96\x96"
READ = 0x04
_ANSWER = 0x40
_WORDS = 13
_LEVEL = Scale(most=1000)  # the measuring range


def hpma115s0(air: Air) -> Encoded:
    return Encoded(auto_frame([0, *_s0(air)]), _told(air, "pm25", "pm10"))


def hpma115s0_answer(air: Air) -> Encoded:
    return Encoded(answer(READ, words(_s0(air))), _told(air, "pm25", "pm10"))


def hpma115c0(air: Air) -> Encoded:
    return Encoded(auto_frame(_c0(air)), _told(air, "pm1", "pm25", "pm10"))


def hpma115c0_answer(air: Air) -> Encoded:
    content = words([*_c0(air), 0, 0])
    return Encoded(answer(READ, content), _told(air, "pm1", "pm25", "pm10"))


def auto_frame(levels: Sequence[int]) -> bytes:
    """The 32 bytes sent each second; the words behind the levels are zero."""
    return bm_frame(words([*levels, *[0] * (_WORDS - len(levels))]))


def answer(command: int, data: bytes) -> bytes:
    """Head, length of what follows but the check, command, data, check."""
    content = bytes((_ANSWER, 1 + len(data), command)) + data
    return content + bytes((to_zero(content),))


def _s0(air: Air) -> list[int]:
    return [_LEVEL.steps(air.pm25), _LEVEL.steps(air.pm10)]


def _c0(air: Air) -> list[int]:
    return [_LEVEL.steps(level) for level in (air.pm1, air.pm25, air.pm4, air.pm10)]


def _told(air: Air, *fields: str) -> dict[str, Decimal]:
    return {field: _LEVEL.level(_LEVEL.steps(getattr(air, field))) for field in fields}
