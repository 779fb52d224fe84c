"""Plantower PMSx003: frames of 24, 32 or 40 bytes and their acknowledgements (data manuals).

Words 1-3 are PM1, PM2.5, PM10 "CF=1", words 4-6 the same "under atmospheric environment", words
7-12 counts; the T, S and ST put climate and formaldehyde where others have counts or the version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.bm import bm_frame, words
from sim.frames.encoded import Encoded
from sim.frames.scale import TENTHS, U16_MAX, WHOLE, Scale, refuse_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sim.air import Air

_VERSION = b"\x97"
_VERSION_T = b"\x9a"  # of the captured frames of a PMS5003T
_NO_ERROR = b"\x00"
_RESERVED = b"\x00\x00"
_PMS3003_RESERVED = b"\x00\x00\x00\x00\x00\x51"  # of the captured frame
_HCHO_UGM3 = 11  # nobody judges it: a room's usual level

# CF=1 and atmospheric words are equal in clean air and part in dirty air, up to 3:2.
_CF1_EQUAL_UP_TO_UGM3 = 30
_CF1_FULL_FROM_UGM3 = 100

_CELSIUS = Scale(10, most=0x7FFF, least=-0x8000)
_HUMIDITY = Scale(10, most=1000)


def pms3003(air: Air) -> Encoded:
    levels = _masses(air)
    return Encoded(bm_frame(words(_six_masses(levels)) + _PMS3003_RESERVED), _told(levels))


def pms5003(air: Air) -> Encoded:
    levels = _masses(air)
    return Encoded(pms5003_frame(*levels), _told(levels))


def pms5003t(air: Air) -> Encoded:
    """The two largest counts give way to temperature and humidity."""
    levels = _masses(air)
    body = _masses_and_counts(levels, 4) + _climate(air) + _VERSION_T + _NO_ERROR
    return Encoded(bm_frame(body), _told(levels) | _told_climate(air))


def pms5003s(air: Air) -> Encoded:
    """Version and error give way to formaldehyde."""
    levels = _masses(air)
    return Encoded(bm_frame(_masses_and_counts(levels) + words([_HCHO_UGM3])), _told(levels))


def pms5003st(air: Air) -> Encoded:
    levels = _masses(air)
    body = _masses_and_counts(levels) + words([_HCHO_UGM3]) + _climate(air)
    ending = _RESERVED + _VERSION + _NO_ERROR
    return Encoded(bm_frame(body + ending), _told(levels) | _told_climate(air))


def pms5003_frame(pm1_ugm3: int, pm25_ugm3: int, pm10_ugm3: int) -> bytes:
    """The 32 bytes of one reading; the levels are the atmospheric words, whole ug/m3."""
    levels = (pm1_ugm3, pm25_ugm3, pm10_ugm3)
    for field, level in zip(("pm1", "pm25", "pm10"), levels, strict=True):
        refuse_beyond(field, level)
    return bm_frame(_masses_and_counts(levels) + _VERSION + _NO_ERROR)


def acknowledgement(command: int, data: int) -> bytes:
    """The 8 bytes that answer a change of mode or of power; no data sheet has them."""
    return bm_frame(bytes((command, data)))


def cf1_level_ugm3(atmospheric_ugm3: int) -> int:
    """The "CF=1, standard particle" word that goes with an atmospheric one."""
    span = _CF1_FULL_FROM_UGM3 - _CF1_EQUAL_UP_TO_UGM3
    above = min(max(atmospheric_ugm3 - _CF1_EQUAL_UP_TO_UGM3, 0), span)
    return min(U16_MAX, atmospheric_ugm3 + atmospheric_ugm3 * above // (2 * span))


def particle_counts(pm25_ugm3: int, pm10_ugm3: int) -> tuple[int, int, int, int, int, int]:
    """Particles above 0.3, 0.5, 1.0, 2.5, 5.0 and 10 um in 0.1 L, never growing with size.

    The shares are those of the captured frames: some 130 particles per ug/m3 and hardly any coarse.
    """
    over_03 = min(U16_MAX, 20 + 130 * pm25_ugm3)
    over_05 = over_03 * 3 // 10
    over_10 = over_05 // 7
    over_25 = min(over_10, over_10 // 12 + max(pm10_ugm3 - pm25_ugm3, 0) // 4)
    over_50 = over_25 // 4
    return over_03, over_05, over_10, over_25, over_50, over_50 // 3


def _masses(air: Air) -> tuple[int, int, int]:
    return WHOLE.steps(air.pm1), WHOLE.steps(air.pm25), WHOLE.steps(air.pm10)


def _told(levels: tuple[int, int, int]) -> dict[str, Decimal]:
    pm1, pm25, pm10 = levels
    return {"pm1": WHOLE.level(pm1), "pm25": WHOLE.level(pm25), "pm10": WHOLE.level(pm10)}


def _six_masses(levels: Sequence[int]) -> list[int]:
    return [*(cf1_level_ugm3(level) for level in levels), *levels]


def _masses_and_counts(levels: tuple[int, int, int], counts: int = 6) -> bytes:
    return words([*_six_masses(levels), *particle_counts(levels[1], levels[2])[:counts]])


def _climate(air: Air) -> bytes:
    return words([_CELSIUS.steps(air.t_c) & U16_MAX, _HUMIDITY.steps(air.rh)])


def _told_climate(air: Air) -> dict[str, Decimal]:
    return {
        "t_c": TENTHS.level(_CELSIUS.steps(air.t_c)),
        "rh": TENTHS.level(_HUMIDITY.steps(air.rh)),
    }
