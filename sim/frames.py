"""Frames as the sensors put them on the wire.

Plantower PMS5003: 32 bytes, big-endian words, 16-bit sum (data manual, appendix I).
Nova SDS011: 10 bytes, little-endian words of 0.1 ug/m3, 8-bit sum (control protocol V1.3).
"""

from __future__ import annotations

import struct

_U16_MAX = 0xFFFF

_PMS5003_HEAD = b"\x42\x4d\x00\x1c"  # start bytes, then the 28 bytes that follow
_PMS5003_VERSION = b"\x97"
_PMS5003_NO_ERROR = b"\x00"

_SDS011_BODY = struct.Struct("<2H")

# CF=1 and atmospheric words are equal in clean air and part in dirty air, up to 3:2.
_CF1_EQUAL_UP_TO_UGM3 = 30
_CF1_FULL_FROM_UGM3 = 100


def pms5003_frame(pm1_ugm3: int, pm25_ugm3: int, pm10_ugm3: int) -> bytes:
    """The 32 bytes of one reading; the levels are the atmospheric words, whole ug/m3."""
    atmospheric = (pm1_ugm3, pm25_ugm3, pm10_ugm3)
    for field, level in zip(("pm1", "pm25", "pm10"), atmospheric, strict=True):
        _refuse_beyond_u16(field, level)
    body = struct.pack(
        ">4s12H2s",
        _PMS5003_HEAD,
        *(cf1_level_ugm3(level) for level in atmospheric),
        *atmospheric,
        *particle_counts(pm25_ugm3, pm10_ugm3),
        _PMS5003_VERSION + _PMS5003_NO_ERROR,
    )
    return body + struct.pack(">H", sum(body) & _U16_MAX)


def sds011_frame(pm25_tenths: int, pm10_tenths: int, device_id: int) -> bytes:
    """The 10 bytes of one reading; the levels are whole tenths of a ug/m3."""
    _refuse_beyond_u16("pm25", pm25_tenths)
    _refuse_beyond_u16("pm10", pm10_tenths)
    _refuse_beyond_u16("device_id", device_id)
    summed = _SDS011_BODY.pack(pm25_tenths, pm10_tenths) + device_id.to_bytes(2, "big")
    return b"\xaa\xc0" + summed + bytes((sum(summed) & 0xFF, 0xAB))


def cf1_level_ugm3(atmospheric_ugm3: int) -> int:
    """The "CF=1, standard particle" word that goes with an atmospheric one."""
    span = _CF1_FULL_FROM_UGM3 - _CF1_EQUAL_UP_TO_UGM3
    above = min(max(atmospheric_ugm3 - _CF1_EQUAL_UP_TO_UGM3, 0), span)
    return min(_U16_MAX, atmospheric_ugm3 + atmospheric_ugm3 * above // (2 * span))


def particle_counts(pm25_ugm3: int, pm10_ugm3: int) -> tuple[int, int, int, int, int, int]:
    """Particles above 0.3, 0.5, 1.0, 2.5, 5.0 and 10 um in 0.1 L, never growing with size.

    The shares are those of the captured frames: some 130 particles per ug/m3 and hardly any coarse.
    """
    over_03 = min(_U16_MAX, 20 + 130 * pm25_ugm3)
    over_05 = over_03 * 3 // 10
    over_10 = over_05 // 7
    over_25 = min(over_10, over_10 // 12 + max(pm10_ugm3 - pm25_ugm3, 0) // 4)
    over_50 = over_25 // 4
    return over_03, over_05, over_10, over_25, over_50, over_50 // 3


def _refuse_beyond_u16(field: str, value: int) -> None:
    if not 0 <= value <= _U16_MAX:
        raise ValueError(f"{field} = {value!r}: allowed is a whole number from 0 to {_U16_MAX}")
