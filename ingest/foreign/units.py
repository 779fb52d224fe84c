"""Units of others, and how a value in them becomes one in ours: µg/m³, °C, %, hPa, m/s, degrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from dust.readings import PARTICULATE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Conversion = Callable[[float], float]


def _times(factor: float) -> Conversion:
    return lambda value: value * factor


def _per(divisor: float) -> Conversion:
    return lambda value: value / divisor


_SAME: Final = _times(1)
# mmHg and inHg at 0 °C, NIST SP 811 appendix B.8; kg/m3 and K are units of RFC 8428, table 2.
_DUST: Final[Mapping[str, Conversion]] = {
    "ug/m3": _SAME,
    "µg/m³": _SAME,  # the micro sign
    "μg/m³": _SAME,
    "mg/m3": _times(1000),
    "kg/m3": _times(1e9),
}
_CELSIUS: Final[Mapping[str, Conversion]] = {
    "C": _SAME,
    "Cel": _SAME,
    "°C": _SAME,
    "F": lambda value: (value - 32) / 1.8,
    "°F": lambda value: (value - 32) / 1.8,
    "K": lambda value: value - 273.15,
}
_HUMIDITY: Final[Mapping[str, Conversion]] = {"%": _SAME, "%RH": _SAME, "/": _times(100)}
_PRESSURE: Final[Mapping[str, Conversion]] = {
    "hPa": _SAME,
    "mbar": _SAME,
    "Pa": _per(100),
    "kPa": _times(10),
    "mmHg": _times(1.333224),
    "inHg": _times(33.86389),
}
_SPEED: Final[Mapping[str, Conversion]] = {"m/s": _SAME, "km/h": _per(3.6)}
_DIRECTION: Final[Mapping[str, Conversion]] = {"deg": _SAME, "°": _SAME, "rad": math.degrees}
CONVERSIONS: Final[Mapping[str, Mapping[str, Conversion]]] = {
    **dict.fromkeys(PARTICULATE_FIELDS, _DUST),
    "t_c": _CELSIUS,
    "rh": _HUMIDITY,
    "p_hpa": _PRESSURE,
    "wind_mps": _SPEED,
    "wind_deg": _DIRECTION,
}
"""By our field and the other's unit."""


def converted(field: str, value: float, unit: str | None) -> float:
    """`value` in our unit; raises `BadInput` for a unit that `field` cannot have."""
    if unit is None:
        return value
    known = CONVERSIONS[field]
    if unit not in known:
        raise BadInput("unit", unit, f"for {field}: " + ", ".join(known))
    # The same number as on the device's own display: no tail of a binary fraction.
    return round(known[unit](value), 6)
