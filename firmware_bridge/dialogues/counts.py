"""What a dialogue has seen since its sensor was configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_UNANSWERED_AFTER: Final = 3


@dataclass(slots=True)
class DialogueCounts:
    """Questions, answers, writes into a sensor's memory, and data that came in a warm-up."""

    asked: int = 0
    answered: int = 0
    settings_written: int = 0
    warming_frames: int = 0


@dataclass(slots=True)
class Attendance:
    """Questions and answers of one sensor, and how many questions in a row had no answer."""

    counts: DialogueCounts
    in_a_row: int = 0

    def asked(self) -> None:
        self.counts.asked += 1

    def answered(self) -> None:
        self.counts.answered += 1
        self.in_a_row = 0

    def unanswered(self) -> None:
        self.in_a_row += 1

    def is_silent(self) -> bool:
        """Asked three times and more without an answer."""
        return self.in_a_row >= _UNANSWERED_AFTER
