"""A Davis console: woken by line feeds, then asked for a number of packets.

Its `LF CR` and its acknowledgement are no frames and are not needed: the time and the packets tell
all. Any byte ends a series of packets, so nothing is said while they come.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.counts import Attendance, DialogueCounts
from firmware_bridge.dialogues.errand import Command, Commands
from firmware_bridge.dialogues.patience import Patience
from firmware_bridge.dialogues.warm_up import WarmUp
from firmware_bridge.sensors.davis import WAKE, loop_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel

_PACKETS: Final = 20
_SILENCE_S: Final = 5.0
_WAKING: Final = Command(WAKE, within_s=1.2)
_ASKING: Final = Command(loop_command(_PACKETS), within_s=0)


class Looping:
    """Asks anew when the packets are used up, or when none has come for five seconds."""

    def __init__(self, model: SensorModel, warm_up_s: float) -> None:
        self.counts = DialogueCounts()
        self._model = model
        self._attendance = Attendance(self.counts)
        self._warm_up = WarmUp(warm_up_s)
        self._patience = Patience()
        self._errand = Commands(())
        self._is_open = self._is_answered = False
        self._left = 0
        self._heard_s = -math.inf

    def opened(self, now_s: float, *, powered_up: bool) -> None:
        self._is_open = True
        self._attendance.in_a_row = 0
        self._patience.reset()
        self._warm_up.skip()
        if powered_up:
            self._warm_up.begin(now_s)
        self._approach(_WAKING, _WAKING, _ASKING)

    def say(self, now_s: float, interval_left_s: float) -> bytes:  # noqa: ARG002  (of the protocol)
        if not self._is_open:
            return b""
        if self._errand.is_over and now_s >= self._silent_at_s():
            if not self._is_answered:
                self._attendance.unanswered()
            self._patience.begin(now_s)
            self._approach(_WAKING, _WAKING, _ASKING)
        said = self._errand.say(now_s)
        if said == _ASKING.content:
            self._errand = Commands(())
            self._attendance.asked()
            self._left, self._heard_s, self._is_answered = _PACKETS, now_s, False
        return said

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        if "wind_speed_mph" not in decoded:
            return False
        self._note_packet(now_s)
        return self._model.is_data(decoded) and self._warm_up.lets_through(now_s, self.counts)

    def due_s(self, now_s: float) -> float:  # noqa: ARG002  (of the protocol)
        if not self._is_open:
            return math.inf
        return self._silent_at_s() if self._errand.is_over else self._errand.due_s

    def state(self, now_s: float) -> str:
        if self._attendance.is_silent():
            return "unanswered"
        return "warming" if self._warm_up.is_running(now_s) else "ok"

    def _note_packet(self, now_s: float) -> None:
        if not self._errand.is_over:
            return
        if not self._is_answered:
            self._is_answered = True
            self._attendance.answered()
        self._patience.reset()
        self._heard_s = now_s
        self._left -= 1
        if self._left == 0:
            self._approach(_WAKING, _ASKING)

    def _approach(self, *commands: Command) -> None:
        self._errand = Commands(commands)

    def _silent_at_s(self) -> float:
        return max(self._heard_s + _SILENCE_S, self._patience.next_s)
