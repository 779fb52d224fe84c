"""Bytes, counts and lengths of time as people read and type them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput

if TYPE_CHECKING:
    from datetime import timedelta

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1024  # as PostgreSQL prints its settings
_WHOLE_BELOW: Final = 10
_LENGTHS: Final = {"h": "hours", "d": "days", "w": "weeks", "mo": "months", "y": "years"}
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,4})(h|d|w|mo|y)")
_HOUR_S: Final = 3600
LENGTH: Final = "a number and h, d, w, mo or y, such as 90d, 18mo or 5y"


def size(n_bytes: float) -> str:
    """Bytes with one unit, as `32 MB`; one decimal below ten."""
    amount, unit = float(n_bytes), _UNITS[0]
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            break
        amount /= _STEP
    decimals = 1 if round(amount, 1) < _WHOLE_BELOW and unit != _UNITS[0] else 0
    return f"{amount:.{decimals}f} {unit}"


def given_length(field: str, text: str) -> str:
    """A length of time as the database reads it (`5 years`) from what a person types (`5y`).

    Raises `BadInput` with `field`.
    """
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise BadInput(field, text, LENGTH)
    count = int(found[1])
    word = _LENGTHS[found[2]]
    return f"{count} {word.removesuffix('s') if count == 1 else word}"


def length(span: timedelta) -> str:
    """Whole hours or days in words, as `7 days` or `12 hours`."""
    hours = round(span.total_seconds() / _HOUR_S)
    count, word = (hours // 24, "day") if hours % 24 == 0 and hours else (hours, "hour")
    return f"{count:,} {word}{'' if count == 1 else 's'}"
