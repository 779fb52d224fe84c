"""Telaire SM-UART-04L: frames shaped as Plantower's, with flags in the words' two highest bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import bm_frame, words
from sim.frames.encoded import Encoded
from sim.frames.plantower import cf1_level_ugm3, particle_counts
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from sim.air import Air

_LEVEL = Scale(most=0x3FFF)  # what the flags leave of a word
_VERSION = 0x00


def sm_uart_04l(air: Air) -> Encoded:
    fields = ("pm1", "pm25", "pm10")
    steps = [_LEVEL.steps(getattr(air, field)) for field in fields]
    levels = dict(zip(fields, map(_LEVEL.level, steps), strict=True))
    return Encoded(sm_uart_04l_frame(steps[0], steps[1], steps[2]), levels)


def sm_uart_04l_frame(
    pm1_ugm3: int, pm25_ugm3: int, pm10_ugm3: int, flags: int = 0, error_bits: int = 0
) -> bytes:
    """`flags` (0 to 3) stand above each mass; `error_bits` are the last byte before the check."""
    masses = (pm1_ugm3, pm25_ugm3, pm10_ugm3)
    smoke = [min(_LEVEL.most, cf1_level_ugm3(mass)) for mass in masses]
    flagged = [flags << 14 | mass for mass in (*smoke, *masses)]
    body = words([*flagged, *particle_counts(pm25_ugm3, pm10_ugm3)])
    return bm_frame(body + bytes((_VERSION, error_bits)))
