"""A question that is asked again and again, and the one answer that each may have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.dialogues.counts import Attendance
    from firmware_bridge.sensors.base import Decoded


@dataclass(frozen=True, slots=True)
class Question:
    """Bytes, which frame answers them, how often they are said and how long is waited."""

    content: bytes
    is_answer: Callable[[Decoded], bool]
    every_s: float
    within_s: float


class Poll:
    """Asks at its turns; what comes too late, twice or unasked is no answer."""

    def __init__(self, question: Question, attendance: Attendance) -> None:
        self.question = question
        self._attendance = attendance
        self._next_s = -math.inf
        self._until_s: float | None = None

    @property
    def due_s(self) -> float:
        return self._next_s if self._until_s is None else self._until_s

    def forget(self) -> None:
        """Whatever was asked: its answer is not waited for, and the next turn is now."""
        self._next_s, self._until_s = -math.inf, None

    def say(self, now_s: float) -> bytes:
        if self._until_s is not None and now_s >= self._until_s:
            self._attendance.unanswered()
            self._until_s = None
        if self._until_s is not None or now_s < self._next_s:
            return b""
        self._attendance.asked()
        self._next_s = now_s + self.question.every_s
        self._until_s = now_s + self.question.within_s
        return self.question.content

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        """Whether this frame is the answer that is waited for."""
        is_late = self._until_s is None or now_s > self._until_s
        if is_late or not self.question.is_answer(decoded):
            return False
        self._until_s = None
        self._attendance.answered()
        return True
