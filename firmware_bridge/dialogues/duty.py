"""Awake only at the end of each sampling interval, because lasers wear by the hour."""

from __future__ import annotations

import math
from typing import Final

_JUMP_S: Final = 1.0
"""The time left grows by more than this only where a new interval has begun."""


class Duty:
    """Whether a sensor shall be awake; the first interval after opening is awake as a whole."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._left_s = math.inf
        self._is_first = True

    @property
    def is_cycle(self) -> bool:
        """Whether there is any sleep at all."""
        return self._window_s > 0

    def begin(self) -> None:
        self._left_s, self._is_first = math.inf, True

    def is_awake(self, interval_left_s: float) -> bool:
        if interval_left_s > self._left_s + _JUMP_S:
            self._is_first = False
        self._left_s = interval_left_s
        return not self.is_cycle or self._is_first or interval_left_s <= self._window_s

    def changes_in_s(self) -> float:
        """Seconds to the next change, as seen when last asked; infinite where there is none."""
        if not self.is_cycle:
            return math.inf
        return self._left_s - self._window_s if self._left_s > self._window_s else self._left_s
