"""A setting that the sensor keeps in its flash memory, which wears with every write.

It is asked for, written only where it differs, and asked for again. What a sensor does not accept
is written three times in an hour at most, however often its line is opened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.dialogues.counts import Attendance
    from firmware_bridge.sensors.base import Decoded

_WRITES: Final = 3
_HOUR_S: Final = 3600.0
_QUESTIONS: Final = 3
_PAUSE_S: Final = 60.0
_Step = Literal["ask", "asked", "write", "follow", "settle", "done", "refused"]


@dataclass(frozen=True, slots=True)
class SettingPhrase:
    """How a setting is asked for, found in an answer and written."""

    ask: bytes
    value: Callable[[Decoded], int | None]
    wanted: int
    write: bytes
    follow: bytes = b""
    """Said after `write`, where a sensor shows what it was told only after a restart."""
    within_s: float = 2.0


class KeptSetting:
    """One setting of one sensor on its way to what is wanted."""

    def __init__(self, phrase: SettingPhrase, attendance: Attendance) -> None:
        self._phrase = phrase
        self._attendance = attendance
        self._step: _Step = "ask"
        self._not_before_s = -math.inf
        self._questions = 0
        self._written_s: list[float] = []

    @property
    def is_refused(self) -> bool:
        return self._step == "refused"

    @property
    def is_busy(self) -> bool:
        """In the middle of an exchange, which no other question may disturb."""
        return self._step in {"asked", "write", "follow", "settle"}

    @property
    def due_s(self) -> float:
        return math.inf if self._step in {"done", "refused"} else self._not_before_s

    def begin(self) -> None:
        """The line is new: look again; the writes of the last hour are not forgotten."""
        self._step, self._not_before_s, self._questions = "ask", -math.inf, 0

    def break_off(self) -> None:
        """The sensor is going to sleep: what is not settled is taken up again afterwards."""
        if self.is_busy:
            self.begin()

    def say(self, now_s: float) -> bytes:
        if now_s < self.due_s:
            return b""
        self._not_before_s = now_s + self._phrase.within_s
        if self._step == "write":
            return self._write(now_s)
        if self._step == "follow" and self._phrase.follow:
            self._step = "settle"
            return self._phrase.follow
        if self._step == "asked":
            self._attendance.unanswered()
        return self._ask(now_s)

    def hear(self, decoded: Decoded, now_s: float) -> None:
        value = self._phrase.value(decoded)
        if self._step != "asked" or value is None:
            return
        self._attendance.answered()
        self._questions, self._not_before_s = 0, now_s
        self._written_s = [at_s for at_s in self._written_s if now_s - at_s < _HOUR_S]
        if value == self._phrase.wanted:
            self._step = "done"
        else:
            self._step = "write" if len(self._written_s) < _WRITES else "refused"

    def _write(self, now_s: float) -> bytes:
        self._attendance.counts.settings_written += 1
        self._written_s.append(now_s)
        self._step = "follow"
        return self._phrase.write

    def _ask(self, now_s: float) -> bytes:
        if self._questions == _QUESTIONS:
            self._questions, self._step, self._not_before_s = 0, "ask", now_s + _PAUSE_S
            return b""
        self._questions += 1
        self._step = "asked"
        self._attendance.asked()
        return self._phrase.ask
