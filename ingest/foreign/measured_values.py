"""Values as firmwares write them: numbers, texts of numbers, and many words for "none"."""

from __future__ import annotations

import math
import re
from typing import Final

from ingest.foreign.message import Fault
from ingest.rejection import Reason, Rejection

LARGEST: Final = 1_000_000.0
"""As for gateways of our own: no unit of any field reaches that."""
_SMALLEST: Final = 1e-37  # nearer to zero the database's `real` has no number
_LARGEST_EXTRA: Final = 1e15
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST: Final = 64
_NONE: Final = frozenset(
    {"", "nan", "-nan", "+nan", "null", "none", "unavailable", "unknown", "n/a", "na", "-", "--"}
)
"""Texts by which firmwares and home automation say that there is no value."""


def number_of(name: str, raw: object) -> float | None:
    """The number that `raw` is or spells; None where it says that there is none.

    Raises `Fault` for what is neither, and for numbers that are not finite.
    """
    value = _spelled(name, raw) if isinstance(raw, str) else _given(name, raw)
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        raise Fault(Reason.NOT_FINITE, name, raw, "a finite number")
    return value


def check_size(name: str, value: float) -> float:
    """`value` where a column can hold it; raises `Fault`."""
    if abs(value) > LARGEST:
        allowed = f"between -{LARGEST:.0f} and {LARGEST:.0f}"
        raise Fault(Reason.VALUE_OUT_OF_RANGE, name, value, allowed)
    return value if abs(value) >= _SMALLEST else 0.0


def extra_of(raw: object) -> float | int | None:
    """A number for `x`; None for whatever is none that JSON and 64 bits can hold."""
    try:
        value = number_of("x", raw)
    except Fault:
        return None
    if value is None or abs(value) > _LARGEST_EXTRA:
        return None
    return int(value) if value.is_integer() and isinstance(raw, int) else value


def _given(name: str, raw: object) -> float | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise Fault(Reason.MALFORMED, name, raw, "a number, or a text that is one")
    try:
        return float(raw)
    except OverflowError:
        shown = f"an integer of {raw.bit_length()} bits" if isinstance(raw, int) else raw
        allowed = f"between -{LARGEST:.0f} and {LARGEST:.0f}"
        raise Fault(Reason.VALUE_OUT_OF_RANGE, name, shown, allowed) from None


def _spelled(name: str, raw: str) -> float | None:
    text = raw.strip()
    if text.lower() in _NONE:
        return None
    if text.lower().lstrip("+-") in {"inf", "infinity"}:
        raise Fault(Reason.NOT_FINITE, name, raw, "a finite number")
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise Fault(Reason.MALFORMED, name, Rejection.shown(raw), "a number, or a text that is one")
    return float(text)
