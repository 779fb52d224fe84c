"""Sensors that are woken, asked, set and sent to sleep.

One exchange at a time: first what wakes the sensor or sends it to sleep, then its settings, then
questions. What a sensor seems not to have heard is said again, less and less often.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.counts import Attendance, DialogueCounts
from firmware_bridge.dialogues.duty import Duty
from firmware_bridge.dialogues.errand import Commands, Errand
from firmware_bridge.dialogues.kept_setting import KeptSetting
from firmware_bridge.dialogues.patience import Patience
from firmware_bridge.dialogues.poll import Poll
from firmware_bridge.dialogues.warm_up import WarmUp

if TYPE_CHECKING:
    from firmware_bridge.dialogues.phrases import Phrases
    from firmware_bridge.sensors.base import Decoded, SensorModel

_GRACE_S: Final = 5.0
"""So long a sensor may contradict what it was told: buffers empty, fans start and stop."""
_STRAYS: Final = 3
_TURN_S: Final = 1.0
"""Clocks are set and questions come due: `say` wants to be called so often at least."""
_LEAST_S: Final = 0.02


class Talking:
    """The dialogue with one sensor that `phrases` can be said to."""

    def __init__(
        self, model: SensorModel, phrases: Phrases, warm_up_s: float, read_s: float
    ) -> None:
        self.counts = DialogueCounts()
        self._model = model
        self._phrases = phrases
        self._attendance = Attendance(self.counts)
        self._warm_up = WarmUp(warm_up_s)
        self._duty = Duty(warm_up_s + read_s if read_s else 0)
        self._settings = [KeptSetting(phrase, self._attendance) for phrase in phrases.settings]
        self._poll = Poll(phrases.question, self._attendance) if phrases.question else None
        self._silence_s = max(_GRACE_S, _expected_silence_s(phrases))
        self._patience = Patience()
        self._errand: Errand = Commands(())
        self._is_open = False
        self._is_awake = True
        self._said_s = -math.inf
        self._began_s = self._heard_s = -math.inf
        self._strays = 0
        self._has_stopped = self._is_restless = self._was_refused = False

    def opened(self, now_s: float, *, powered_up: bool) -> None:
        self._is_open, self._said_s = True, -math.inf
        self._duty.begin()
        self._patience.reset()
        self._attendance.in_a_row = 0
        for setting in self._settings:
            setting.begin()
        self._errand, self._was_refused = Commands(()), False
        self._warm_up.skip()
        if powered_up or self._duty.is_cycle:
            self._warm_up.begin(now_s)
        self._wake(now_s, with_mode=True)

    def say(self, now_s: float, interval_left_s: float) -> bytes:
        if not self._is_open:
            return b""
        self._said_s = now_s
        if self._duty.is_awake(interval_left_s) != self._is_awake:
            self._turn(now_s)
        elif self._patience.is_over(now_s):
            self._insist(now_s)
        said = self._errand.say(now_s)
        if said or not self._errand.is_over or not self._is_awake:
            return said
        return self._converse(now_s)

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        was_gone, self._heard_s = self._is_silent(now_s), now_s
        self._errand.hear(decoded)
        for setting in self._settings:
            setting.hear(decoded, now_s)
        is_data = self._model.is_data(decoded)
        if not self._is_awake:
            self._is_restless |= is_data and now_s - self._began_s > _GRACE_S
            return False
        if was_gone or self._phrases.has_started(decoded):
            self._warm_up.begin(now_s)
        self._has_stopped |= self._errand.is_over and self._phrases.has_stopped(decoded)
        return self._counts_as_data(decoded, now_s) if self._is_wanted(decoded, now_s) else False

    def due_s(self, now_s: float) -> float:  # noqa: ARG002  (of the protocol)
        if not self._is_open:
            return math.inf
        return max(self._wanted_s(), self._said_s + _LEAST_S)

    def state(self, now_s: float) -> str:
        if self._is_power_refused() or any(setting.is_refused for setting in self._settings):
            return "refused"
        if self._attendance.is_silent():
            return "unanswered"
        if not self._is_awake:
            return "asleep"
        return "warming" if self._warm_up.is_running(now_s) else "ok"

    # --- Awake and asleep -------------------------------------------------------------------------
    def _turn(self, now_s: float) -> None:
        self._patience.reset()
        if self._is_awake:
            self._sleep(now_s)
        else:
            self._warm_up.begin(now_s)
            self._wake(now_s, with_mode=False)

    def _insist(self, now_s: float) -> None:
        """Say again what the sensor contradicts, if it does."""
        if not self._errand.is_over:
            return
        if not self._is_awake:
            if self._is_restless or self._may_run_unheard():
                self._patience.begin(now_s)
                self._sleep(now_s)
        elif self._phrases.can_wake():
            has_gone = self._has_stopped or self._is_silent(now_s)
            if has_gone or self._strays >= _STRAYS:
                self._patience.begin(now_s)
                self._wake(now_s, with_mode=True)
            if has_gone:
                self._warm_up.begin(now_s)

    def _is_silent(self, now_s: float) -> bool:
        return now_s - self._heard_s > self._silence_s

    def _may_run_unheard(self) -> bool:
        """Nothing said that it sleeps, and its silence does not: it speaks only when asked."""
        return self._errand.has_failed and self._poll is not None

    def _wake(self, now_s: float, *, with_mode: bool) -> None:
        self._begin(now_s, is_awake=True)
        self._errand = self._phrases.wake_errand(self._attendance, with_mode=with_mode)

    def _sleep(self, now_s: float) -> None:
        self._begin(now_s, is_awake=False)
        self._errand = self._phrases.sleep_errand(self._attendance)

    def _begin(self, now_s: float, *, is_awake: bool) -> None:
        self._was_refused = self._is_power_refused()
        self._is_awake, self._began_s, self._heard_s = is_awake, now_s, now_s
        self._strays, self._has_stopped, self._is_restless = 0, False, False
        if self._poll is not None:
            self._poll.forget()
        for setting in self._settings:
            setting.break_off()

    def _is_power_refused(self) -> bool:
        return self._errand.is_refused if self._errand.is_over else self._was_refused

    # --- Questions and answers --------------------------------------------------------------------
    def _converse(self, now_s: float) -> bytes:
        for setting in self._settings:
            said = setting.say(now_s)
            if said or setting.is_busy:
                return said
        return self._poll.say(now_s) if self._poll is not None else b""

    def _is_wanted(self, decoded: Decoded, now_s: float) -> bool:
        """Whether this frame is the answer to a question, where questions are asked."""
        if self._poll is None or self._poll.hear(decoded, now_s):
            return True
        is_settled = self._errand.is_over and not any(s.is_busy for s in self._settings)
        self._strays += is_settled and self._model.is_data(decoded)
        return False

    def _counts_as_data(self, decoded: Decoded, now_s: float) -> bool:
        if not self._model.is_data(decoded):
            return False
        if not self._warm_up.lets_through(now_s, self.counts):
            return False
        self._patience.reset()
        return True

    def _wanted_s(self) -> float:
        wanted_s = self._said_s + min(_TURN_S, self._duty.changes_in_s())
        if not self._errand.is_over:
            return min(wanted_s, self._errand.due_s)
        if not self._is_awake:
            return wanted_s
        settings = [setting for setting in self._settings if setting.is_busy] or self._settings
        dues_s = [setting.due_s for setting in settings]
        if self._poll is not None and not any(setting.is_busy for setting in settings):
            dues_s.append(self._poll.due_s)
        return min([wanted_s, *dues_s])


def _expected_silence_s(phrases: Phrases) -> float:
    """A sensor that is asked is silent between its answers, and may miss a question or two."""
    asked = phrases.question
    return 3 * asked.every_s + asked.within_s if asked else 0
