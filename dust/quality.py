"""What automatic tests say of a value: QARTOD flags, and a bit for each test that spoke.

Flag, never delete. Suspect values count in averages, because one station in a plume is right and
its neighbours are not; failed values stay stored and do not count (domain-rules.md, section 2).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

QC_VERSION: Final = 2
"""Grows whenever a test or its parameters change; stored with every reading."""


class QcFlag(IntEnum):
    """Outcome for one value, after QARTOD (U.S. IOOS)."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class QcTest(IntFlag):
    """The tests that raised a flag; stored as a bit mask."""

    NONE = 0
    RANGE = 1
    NEGATIVE = 2
    CLOCK_AHEAD = 4
    SATURATION = 8
    PM_ORDER = 16
    CHANNELS = 32
    HUMIDITY = 64
    WARM_UP = 128
    FLAT_LINE = 256
    SPIKE = 512
    RATE_OF_CHANGE = 1024
    NEIGHBOUR = 2048


def counts(flag: int) -> bool:
    """Whether a value with this flag counts in averages."""
    return flag in (QcFlag.GOOD, QcFlag.NOT_EVALUATED, QcFlag.SUSPECT)


def worse(first: QcFlag, second: QcFlag) -> QcFlag:
    """The graver of two flags of the same value."""
    return max(first, second)
