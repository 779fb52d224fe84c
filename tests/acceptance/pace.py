"""How long a failure is inflicted: a few times in a normal run, for minutes in a soak."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT, SOAK = "short", "soak"


class Pace(NamedTuple):
    """`rounds` of a failure and the `size` of what is sent; deadlines grow with the size."""

    minutes: float
    load: float

    def rounds(self, least: int, most: int = 10**9) -> Iterator[int]:
        """Numbers from 0: so many at least, and as many more as the minutes give."""
        until_s = time.monotonic() + self.minutes * 60
        number = 0
        while number < least or (number < most and time.monotonic() < until_s):
            yield number
            number += 1

    def size(self, count: int) -> int:
        return round(count * self.load)

    def within_s(self, seconds: float) -> float:
        return seconds * max(1.0, self.load)


def pace_of(name: str) -> Pace:
    """SOAK_MINUTES (2) for each failure, SOAK_LOAD (5) times the messages of a normal run."""
    if name == SHORT:
        return Pace(0.0, 1.0)
    return Pace(float(os.environ.get("SOAK_MINUTES", "2")), float(os.environ.get("SOAK_LOAD", "5")))
