"""Gill WindSonic: polar lines between STX and ETX, exclusive or of what lies between (manual)."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from sim.frames.checks import exclusive_or
from sim.frames.encoded import Encoded
from sim.frames.scale import WHOLE, Scale, degrees, refuse_beyond

if TYPE_CHECKING:
    from sim.air import Air
    from sim.frames.encoded import Encoder

_SPEED = Scale(100, most=6000)  # measures up to 60 m/s
_TOLD_FROM = 5  # below 0.05 m/s it leaves the direction empty


def windsonic_encoder(unit_id: int) -> Encoder:
    """`unit_id` 1 to 26 is node A to Z."""
    refuse_beyond("unit_id", unit_id, most=len(ascii_uppercase), least=1)
    return lambda air: windsonic(air, ascii_uppercase[unit_id - 1])


def windsonic(air: Air, node: str) -> Encoded:
    speed = _SPEED.steps(air.wind_mps)
    levels, direction = {"wind_mps": _SPEED.level(speed)}, ""
    if air.wind_deg is not None and speed >= _TOLD_FROM:
        whole = degrees(air.wind_deg)
        levels["wind_deg"], direction = WHOLE.level(whole), f"{whole:03}"
    return Encoded(line(f"{node},{direction},{_SPEED.level(speed):05.2f},M,00,"), levels)


def line(content: str) -> bytes:
    """STX, the content, ETX, two hexadecimal digits, CR, LF."""
    return f"\x02{content}\x03{exclusive_or(content.encode()):02X}\r\n".encode()
