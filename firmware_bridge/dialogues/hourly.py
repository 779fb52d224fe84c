"""An instrument with hourly records: asked some minutes past the hour until the new one comes.

The dialogue knows no calendar: the sampling interval is the hour, and a record is new that is not
the one before, also where an alarm left it without a value. The header is asked for each time,
because the columns' order is the instrument's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.counts import Attendance, DialogueCounts
from firmware_bridge.dialogues.errand import Command, Commands
from firmware_bridge.sensors.metone import HEADER, HOUR_S, RECORD

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel

_AGAIN_S: Final = 60.0
_LOOK_S: Final = 10.0
"""Clocks are set: the time past the hour is looked at so often."""
_HEADER: Final = Command(HEADER, within_s=2)


class Hourly:
    """Header and record, every minute until a record of the wanted hour comes."""

    def __init__(self, model: SensorModel, ask_after_s: float) -> None:
        self.counts = DialogueCounts()
        self._model = model
        self._attendance = Attendance(self.counts)
        self._ask_after_s = ask_after_s
        self._record = Command(RECORD, within_s=model.answer_within_s)
        self._errand = Commands(())
        self._is_open = self._is_awaited = False
        self._last_hour: str | None = None
        self._taken_s = -math.inf
        self._next_s = self._again_s = -math.inf

    def opened(self, now_s: float, *, powered_up: bool) -> None:  # noqa: ARG002  (of the protocol)
        self._is_open, self._is_awaited = True, False
        self._attendance.in_a_row = 0
        self._errand = Commands(())
        self._next_s = self._again_s = -math.inf

    def say(self, now_s: float, interval_left_s: float) -> bytes:
        if not self._is_open:
            return b""
        past_s = HOUR_S - interval_left_s
        until_s = self._ask_after_s - past_s
        waits_s = (_LOOK_S, until_s, self._again_s - now_s)
        self._next_s = now_s + min(wait_s for wait_s in waits_s if wait_s > 0)
        is_taken = self._taken_s >= now_s - past_s
        if self._errand.is_over and not is_taken and until_s <= 0 and now_s >= self._again_s:
            self._ask(now_s)
        return self._errand.say(now_s)

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        hour = decoded.get("hour_ending")
        if hour is None:
            return False
        if self._is_awaited:
            self._is_awaited = False
            self._attendance.answered()
        if hour == self._last_hour:
            return False
        self._last_hour, self._taken_s = hour, now_s
        return self._model.is_data(decoded)

    def due_s(self, now_s: float) -> float:  # noqa: ARG002  (of the protocol)
        if not self._is_open:
            return math.inf
        return self._next_s if self._errand.is_over else self._errand.due_s

    def state(self, now_s: float) -> str:  # noqa: ARG002  (of the protocol)
        return "unanswered" if self._attendance.is_silent() else "ok"

    def _ask(self, now_s: float) -> None:
        if self._is_awaited:
            self._attendance.unanswered()
        self._attendance.asked()
        self._is_awaited = True
        self._again_s = now_s + _AGAIN_S
        self._errand = Commands((_HEADER, self._record))
