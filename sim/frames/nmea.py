"""NMEA 0183 wind: `MWV` sentences, exclusive or between `$` and `*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames.checks import exclusive_or
from sim.frames.encoded import Encoded
from sim.frames.scale import TENTHS, Scale, degrees

if TYPE_CHECKING:
    from sim.air import Air

_SPEED = Scale(10, most=9999)


def nmea_wind(air: Air) -> Encoded:
    """Metres per second, relative to a mount that points north; calm air has an empty angle."""
    speed = _SPEED.steps(air.wind_mps)
    levels, angle = {"wind_mps": _SPEED.level(speed)}, ""
    if air.wind_deg is not None and speed:
        direction = TENTHS.level(degrees(air.wind_deg, 10))
        levels["wind_deg"] = direction
        angle = f"{direction:05.1f}"
    return Encoded(sentence(f"WIMWV,{angle},R,{_SPEED.level(speed):05.1f},M,A"), levels)


def sentence(content: str) -> bytes:
    """`$`, the content, `*`, two hexadecimal digits, CR, LF."""
    return f"${content}*{exclusive_or(content.encode()):02X}\r\n".encode()
