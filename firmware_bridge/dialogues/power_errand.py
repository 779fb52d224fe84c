"""A sensor whose one power command wakes it or sends it to sleep, whichever it is not.

Its state is asked before and after; the toggle is said only where the state differs from what is
wanted, three times at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.dialogues.counts import Attendance
    from firmware_bridge.sensors.base import Decoded

_TOGGLES: Final = 3
_QUESTIONS: Final = 3
_Step = Literal["ask", "asked", "toggle", "over"]


@dataclass(frozen=True, slots=True)
class PowerToggle:
    """How the state is asked, which frame says that the sensor sleeps, and the toggle itself."""

    ask: bytes
    is_asleep: Callable[[Decoded], bool | None]
    """None: the frame does not say."""
    content: bytes
    within_s: float


class PowerErrand:
    """Ask, toggle if need be, ask again."""

    def __init__(self, toggle: PowerToggle, attendance: Attendance, *, is_to_wake: bool) -> None:
        self._toggle = toggle
        self._attendance = attendance
        self._is_to_wake = is_to_wake
        self._step: _Step = "ask"
        self._toggles = self._questions = 0
        self.due_s = -math.inf
        self.has_failed = self.is_refused = False

    @property
    def is_over(self) -> bool:
        return self._step == "over"

    def say(self, now_s: float) -> bytes:
        if self.is_over or now_s < self.due_s:
            return b""
        self.due_s = now_s + self._toggle.within_s
        if self._step == "toggle":
            self._toggles += 1
            self._step, self._questions = "ask", 0
            return self._toggle.content
        if self._step == "asked":
            self._attendance.unanswered()
        return self._ask()

    def hear(self, decoded: Decoded) -> None:
        is_asleep = self._toggle.is_asleep(decoded)
        if self._step != "asked" or is_asleep is None:
            return
        self._attendance.answered()
        self.due_s = -math.inf
        if is_asleep != self._is_to_wake:
            self._step = "over"
        elif self._toggles < _TOGGLES:
            self._step = "toggle"
        else:
            self._step, self.has_failed, self.is_refused = "over", True, True

    def _ask(self) -> bytes:
        if self._questions == _QUESTIONS:
            self._step, self.has_failed = "over", True
            return b""
        self._questions += 1
        self._step = "asked"
        self._attendance.asked()
        return self._toggle.ask
