"""Cubic PM1006 and PM2008: answers that sum to 0 modulo 256 (data sheets)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.checks import to_zero
from sim.frames.encoded import Encoded
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.air import Air

READ = 0x0B
_ANSWER = 0x16
_LEVEL = Scale(most=1000)  # where the captured frames of a dirty sensor stand still
_PM2008_NUMBERS = 13

# What no document explains, as a captured frame has it.
_PM1006_REST = bytes.fromhex("0000031F0000000401000000")


def pm1006(air: Air) -> Encoded:
    """PM2.5 alone; nothing else in the frame is documented as a mass."""
    pm25 = _LEVEL.steps(air.pm25)
    return Encoded(pm1006_frame(pm25), {"pm25": _LEVEL.level(pm25)})


def pm2008(air: Air) -> Encoded:
    """Three masses on the scale called GRIMM, zeros behind them."""
    fields = ("pm1", "pm25", "pm10")
    steps = [_LEVEL.steps(getattr(air, field)) for field in fields]
    levels = dict(zip(fields, map(_LEVEL.level, steps), strict=True))
    return Encoded(pm2008_frame(steps), levels)


def pm1006_frame(pm25_ugm3: int, rest: bytes = _PM1006_REST) -> bytes:
    return answer(READ, pm25_ugm3.to_bytes(4, "big") + rest)


def pm2008_frame(masses_ugm3: Sequence[int]) -> bytes:
    numbers = [*masses_ugm3, *[0] * (_PM2008_NUMBERS - len(masses_ugm3))]
    return answer(READ, b"".join(number.to_bytes(4, "big") for number in numbers))


def answer(command: int, data: bytes) -> bytes:
    """Head, length of command and data, command, data, check."""
    content = bytes((_ANSWER, 1 + len(data), command)) + data
    return content + bytes((to_zero(content),))
