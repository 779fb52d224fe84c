"""Instants at a fixed distance."""

from __future__ import annotations

_ROUNDING_S = 1e-6  # a tick that is late by less is on time


class Beat:
    """Strikes every `period_s` from its beginning on; strikes that nobody asked for are lost."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._due_s = 0.0

    def begin(self, due_s: float) -> None:
        """The first strike is at `due_s`."""
        self._due_s = due_s

    def strikes(self, now_s: float) -> bool:
        if now_s < self._due_s - _ROUNDING_S:
            return False
        following_s = self._due_s + self._period_s
        self._due_s = following_s if following_s > now_s else now_s + self._period_s
        return True
