"""How long to wait before saying again what a sensor seems not to have heard."""

from __future__ import annotations

import math
from typing import Final

_FIRST_S: Final = 5.0
_LONGEST_S: Final = 60.0


class Patience:
    """Five seconds, then twice as long each time, a minute at most."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.next_s, self._wait_s = -math.inf, _FIRST_S

    def is_over(self, now_s: float) -> bool:
        return now_s >= self.next_s

    def begin(self, now_s: float) -> None:
        self.next_s = now_s + self._wait_s
        self._wait_s = min(2 * self._wait_s, _LONGEST_S)
