"""RM Young 86xxx: lines of address, speed, direction, status, exclusive or before the star."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits
from typing import TYPE_CHECKING

from sim.frames.checks import exclusive_or
from sim.frames.encoded import Encoded
from sim.frames.scale import TENTHS, Scale, degrees, refuse_beyond

if TYPE_CHECKING:
    from sim.air import Air
    from sim.frames.encoded import Encoder

_ADDRESSES = digits + ascii_uppercase + ascii_lowercase
_SPEED = Scale(100, most=7500)  # measures up to 75 m/s


def rm_young_86xxx_encoder(unit_id: int) -> Encoder:
    """`unit_id` 0 to 61 is address 0-9, A-Z, a-z."""
    refuse_beyond("unit_id", unit_id, most=len(_ADDRESSES) - 1)
    return lambda air: rm_young_86xxx(air, _ADDRESSES[unit_id])


def rm_young_86xxx(air: Air, address: str) -> Encoded:
    """Metres per second; the line has a direction even in calm air, where it says nothing."""
    speed = _SPEED.steps(air.wind_mps)
    direction = TENTHS.level(0 if air.wind_deg is None else degrees(air.wind_deg, 10))
    levels = {"wind_mps": _SPEED.level(speed)}
    if air.wind_deg is not None and speed:
        levels["wind_deg"] = direction
    return Encoded(line(f"{address} {_SPEED.level(speed):.2f} {direction:.1f} 00"), levels)


def line(content: str) -> bytes:
    """The content, a star, two hexadecimal digits, CR."""
    return f"{content}*{exclusive_or(content.encode()):02X}\r".encode()
