"""What one row of a page says of its hour: values, marks for missing ones, and what cannot be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD_OF: Final = {
    "PM25": "pm25",
    "PM10": "pm10",
    "WS": "wind_mps",
    "WD": "wind_deg",
    "TEMP": "t_c",
    "RH": "rh",
}
"""The service's parameters and the field of a reading that each becomes."""

_MISSING_TEXTS: Final = frozenset({"", "-", "N/A"})
_MISSING_NUMBERS: Final = frozenset({-1.0, -999.0, -9999.0})
"""Documented marks; -1 stands in the feed of latest values only, and is taken for one here too
(docs/decisions/0017-reference-import.md)."""
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_POSSIBLE: Final = {
    "pm25": (-50.0, 10_000.0),
    "pm10": (-50.0, 10_000.0),
    "wind_mps": (0.0, 150.0),
    "wind_deg": (0.0, 360.0),
    "t_c": (-60.0, 80.0),
    "rh": (0.0, 110.0),
}
"""Beyond these no instrument measures; what is only implausible is for quality control to flag."""


class SaidOfHour(NamedTuple):
    """The values a row gives, by field (None: said to be missing), and weather left out."""

    values: dict[str, float | None]
    left_out: list[str]


def said_of_hour(row: Mapping[str, Any]) -> SaidOfHour:
    """A row's values; `BadInput` where a concentration cannot be one.

    Weather that cannot be is left out instead: a broken hygrometer must not cost the dust.
    """
    said = SaidOfHour({}, [])
    for name, field in FIELD_OF.items():
        if name not in row:
            continue
        try:
            said.values[field] = _value(name, field, row[name])
        except BadInput as error:
            if field.startswith("pm"):
                raise
            said.left_out.append(str(error))
    return said


def _value(name: str, field: str, raw: object) -> float | None:
    if raw is None or (isinstance(raw, str) and raw.strip().upper() in _MISSING_TEXTS):
        return None
    low, high = _POSSIBLE[field]
    value = _number(raw)
    if value in _MISSING_NUMBERS:
        return None
    if value is None or not low <= value <= high:
        raise BadInput(name, raw, f"a number from {low:g} to {high:g}, or a mark for a missing one")
    return value


def _number(raw: object) -> float | None:
    if isinstance(raw, str):
        return float(raw) if _NUMBER.fullmatch(raw.strip()) else None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    try:
        return float(raw)
    except OverflowError:  # JSON has integers without end
        return None
