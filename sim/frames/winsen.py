"""Winsen ZH03B and ZH06: frames of 24 or 32 bytes, and answers of 9 (manuals of both).

Sent unasked the order is PM1, PM2.5, PM10; asked for it is PM2.5, PM10, PM1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import bm_frame, words
from sim.frames.checks import to_zero
from sim.frames.encoded import Encoded
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from decimal import Decimal

    from sim.air import Air

READ = 0x86
_ZH03B_WORDS, _ZH06_WORDS = 9, 13
_LEVEL = Scale(most=1000)  # the measuring range


def zh03b(air: Air) -> Encoded:
    return _unasked(air, _ZH03B_WORDS)


def zh06(air: Air) -> Encoded:
    return _unasked(air, _ZH06_WORDS)


def zh_answer(air: Air) -> Encoded:
    """The nine bytes that answer a read."""
    pm1, pm25, pm10 = _masses(air)
    return Encoded(answer(READ, words([pm25, pm10, pm1])), _told(air))


def answer(command: int, data: bytes) -> bytes:
    """`FF`, command, six bytes, check over all but the `FF`."""
    content = bytes((command,)) + data.ljust(6, b"\0")
    return b"\xff" + content + bytes((to_zero(content),))


def unasked_frame(masses: list[int], word_count: int) -> bytes:
    """PM1, PM2.5, PM10 twice (only the second three are documented), zeros behind them."""
    content = masses * 2
    return bm_frame(words(content + [0] * (word_count - len(content))))


def _unasked(air: Air, word_count: int) -> Encoded:
    return Encoded(unasked_frame(_masses(air), word_count), _told(air))


def _masses(air: Air) -> list[int]:
    return [_LEVEL.steps(level) for level in (air.pm1, air.pm25, air.pm10)]


def _told(air: Air) -> dict[str, Decimal]:
    levels = [_LEVEL.level(steps) for steps in _masses(air)]
    return dict(zip(("pm1", "pm25", "pm10"), levels, strict=True))
