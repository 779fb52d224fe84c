"""Frames of a Plantower PMS5003 with a level of our choice in them.

The frame that they are made of was captured from a real sensor (PyPMS, tests/captured_data,
PMSx003.csv; MIT); its layout is that of the PMS5003 data sheet, appendix I.
"""

from __future__ import annotations

from typing import Final

MODEL: Final = "pms5003"
LEVELS: Final = 500
"""How many levels are gone through before the first comes again, µg/m³."""
_CAPTURED: Final = bytes.fromhex("424D001C00000008000800000008000800D20046002D001E00000000970002C5")
_ATMOSPHERIC_AT, _SUM_AT = 10, 30


def frame(level_ugm3: int) -> bytes:
    """A whole frame that says `level_ugm3` for PM1, PM2.5 and PM10."""
    content = bytearray(_CAPTURED)
    content[_ATMOSPHERIC_AT : _ATMOSPHERIC_AT + 6] = 3 * level_ugm3.to_bytes(2)
    content[_SUM_AT:] = sum(content[:_SUM_AT]).to_bytes(2)
    return bytes(content)
