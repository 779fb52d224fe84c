"""What a reading must not be: each fault has its reason, its field, its value and what is allowed.

`suspects` finds in columns which readings may have a fault; `fault_of` decides, one by one.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from dust.clock import epoch_ms
from dust.readings import VALUE_FIELDS
from ingest.rejection import Reason, Rejection

if TYPE_CHECKING:
    from dust.quality_control.arrays import Bools
    from ingest.reading_columns import Reading, ReadingColumns

EARLIEST_MS: Final = epoch_ms(datetime(2000, 1, 1, tzinfo=UTC))
"""Before this no gateway of this network measured; a clock that was never set says 1970."""
_LARGEST: Final = 1_000_000.0
_SMALLEST: Final = 1e-37  # nearer to zero the database's `real` has no number
_HUGE: Final = re.compile(rb"[eE]\+?[0-9]{3}")
"""Beyond what a double holds; in words as well, which then are looked at for nothing."""
_LOWER_CASE: Final = np.uint8(0x20)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Fault(NamedTuple):
    """Why a reading cannot be stored."""

    reason: Reason
    field: str
    value: str
    allowed: str


def fault_of(reading: Reading, latest_ms: int) -> Fault | None:
    """The first fault of a reading; `latest_ms` is the last instant that is not in the future."""
    return _time_fault(reading.t, latest_ms) or _value_fault(reading) or _extras_fault(reading.x)


def suspects(columns: ReadingColumns, latest_ms: int) -> Bools:
    """Which readings `fault_of` must look at; of all others it would say nothing."""
    bad = (columns.times_ms < EARLIEST_MS) | (columns.times_ms > latest_ms)
    absent = np.ones(len(columns), np.bool_)
    for values in columns.values.values():
        missing = np.isnan(values)
        size = np.abs(values)
        absent &= missing
        bad |= ~missing & (~(size <= _LARGEST) | ((size < _SMALLEST) & (size > 0)))
    if _may_be_strange(columns.extras):
        bad |= np.array([text != b"" and _is_strange(text) for text in columns.extras], np.bool_)
    return bad | absent


def _may_be_strange(extras: list[bytes]) -> bool:
    """Whether any may be, looked at all at once: one by one they take as long as all else."""
    joined = b"".join(extras)
    if not joined.isascii() or b"\\" in joined:
        return True
    text = np.frombuffer(joined, np.uint8)
    ends = np.cumsum(np.fromiter(map(len, extras), np.int64, len(extras)))
    starts = np.unique(np.append(0, ends))[:-1]
    after_e = text[np.flatnonzero((text[:-1] | _LOWER_CASE) == ord("e")) + 1]
    may_be_huge = (after_e == ord("+")) | ((after_e >= ord("0")) & (after_e <= ord("9")))
    return bool((text[starts] != ord("{")).any() or may_be_huge.any())


def _is_strange(extras: bytes) -> bool:
    """Whether these bytes may hold what was not looked at when they came."""
    return (
        extras[:1] != b"{"
        or not extras.isascii()
        or b"\\" in extras
        or ((b"e" in extras or b"E" in extras) and _HUGE.search(extras) is not None)
    )


def _time_fault(instant_ms: int, latest_ms: int) -> Fault | None:
    if instant_ms < EARLIEST_MS:
        allowed = f"{EARLIEST_MS} (2000-01-01) or later"
        return Fault(Reason.TIME_TOO_OLD, "t", str(instant_ms), allowed)
    if instant_ms > latest_ms:
        allowed = f"at most {latest_ms} (now and a little)"
        return Fault(Reason.TIME_IN_FUTURE, "t", str(instant_ms), allowed)
    return None


def _value_fault(reading: Reading) -> Fault | None:
    present = 0
    for name in VALUE_FIELDS:
        value = getattr(reading, name)
        if value is None:
            continue
        present += 1
        if not math.isfinite(value):
            return Fault(Reason.NOT_FINITE, name, str(value), "a finite number")
        if abs(value) > _LARGEST:
            allowed = f"between -{_LARGEST:.0f} and {_LARGEST:.0f}"
            return Fault(Reason.VALUE_OUT_OF_RANGE, name, str(value), allowed)
        if 0 < abs(value) < _SMALLEST:
            allowed = f"0, or at least {_SMALLEST} in size"
            return Fault(Reason.VALUE_OUT_OF_RANGE, name, str(value), allowed)
    if not present:
        allowed = "at least one of " + ", ".join(VALUE_FIELDS)
        return Fault(Reason.NO_VALUE, "values", "none", allowed)
    return None


def _extras_fault(extras: object) -> Fault | None:
    """What a jsonb column cannot hold: NUL characters, and what cannot be written as JSON."""
    if not extras:
        return None
    try:
        text = msgspec.json.encode(extras)
    except (OverflowError, RecursionError) as error:
        allowed = "what JSON and 64 bits can hold"
        return Fault(Reason.MALFORMED, "x", Rejection.shown(error), allowed)
    if text and text[:1] != b"{" and text != b"null":
        return Fault(Reason.MALFORMED, "x", Rejection.shown(text.decode()), "an object")
    if _NUL.search(text):
        allowed = "text without NUL characters"
        return Fault(Reason.MALFORMED, "x", Rejection.shown(text.decode()), allowed)
    return None
