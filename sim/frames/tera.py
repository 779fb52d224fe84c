"""Tera NextPM: answers that sum to 0 modulo 256, masses in tenths of µg/m³ (user guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import words
from sim.frames.checks import to_zero
from sim.frames.encoded import Encoded
from sim.frames.scale import TENTHS, U16_MAX, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.air import Air

ADDRESS = 0x81
MEAN_10_S, MEAN_60_S, MEAN_900_S, CLIMATE, POWER, STATE, FIRMWARE = range(0x11, 0x18)
_COUNT = Scale()
_HUNDREDTHS = Scale(100)
_COUNTS_PER_L = 1100.0  # for each ug/m3, as in the guide's first example


def nextpm(air: Air, command: int = MEAN_10_S, state: int = 0) -> Encoded:
    """Counts above 1, 2.5 and 10 um (hardly any grow from one to the next), then three masses."""
    fields = ("pm1", "pm25", "pm10")
    steps = [TENTHS.steps(getattr(air, field)) for field in fields]
    levels = dict(zip(fields, map(TENTHS.level, steps), strict=True))
    counts = [_COUNT.steps(_COUNTS_PER_L * getattr(air, field)) for field in fields]
    return Encoded(answer(command, state, [*counts, *steps]), levels)


def climate(air: Air, state: int = 0) -> bytes:
    """Temperature and humidity behind the heated inlet, from which the guide's lines lead back."""
    inner_c = (air.t_c + 4.2488) / 0.9754
    inner_rh = (air.rh + 4.727) / 1.1768
    hundredths_c = Scale(100, least=-0x8000, most=0x7FFF).steps(inner_c) & U16_MAX
    return answer(CLIMATE, state, [hundredths_c, _HUNDREDTHS.steps(inner_rh)])


def answer(command: int, state: int, numbers: Sequence[int] = ()) -> bytes:
    """Address, command, state, words, check; without words it is the state alone."""
    content = bytes((ADDRESS, command, state)) + words(numbers)
    return content + bytes((to_zero(content),))
