"""What one model is told: to wake, to sleep, to answer, and what it shall remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_bridge.dialogues.errand import Command, Commands, Errand
from firmware_bridge.dialogues.poll import Question
from firmware_bridge.dialogues.power_errand import PowerErrand

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.dialogues.counts import Attendance
    from firmware_bridge.dialogues.kept_setting import SettingPhrase
    from firmware_bridge.dialogues.power_errand import PowerToggle
    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one model; without any of them nothing is said to it.

    `mode` is said where the line is new or the sensor seems to have lost it, not at every waking,
    because nobody knows of every maker whether a mode is kept in flash. A `toggle` stands in the
    place of `wake` and `sleep`. `has_started` and `has_stopped` tell the frames by which a sensor
    says that it begins to measure now, or that it does not.
    """

    wake: tuple[Command, ...] = ()
    sleep: tuple[Command, ...] = ()
    mode: tuple[Command, ...] = ()
    toggle: PowerToggle | None = None
    question: Question | None = None
    settings: tuple[SettingPhrase, ...] = ()
    has_started: Callable[[Decoded], bool] = lambda _: False
    has_stopped: Callable[[Decoded], bool] = lambda _: False

    def are_none(self) -> bool:
        return not (self.can_wake() or self.question or self.settings)

    def can_wake(self) -> bool:
        return bool(self.wake or self.toggle)

    def wake_errand(self, attendance: Attendance, *, with_mode: bool) -> Errand:
        if self.toggle is not None:
            return PowerErrand(self.toggle, attendance, is_to_wake=True)
        return Commands(self.wake + (self.mode if with_mode else ()))

    def sleep_errand(self, attendance: Attendance) -> Errand:
        if self.toggle is not None:
            return PowerErrand(self.toggle, attendance, is_to_wake=False)
        return Commands(self.sleep)


def question(
    content: bytes,
    is_answer: Callable[[Decoded], bool],
    model: SensorModel,
    settings: SensorSettings,
) -> Question:
    """`content` asked as often as the settings say, else as is usual for the model."""
    every_s = model.poll_s if settings.poll_s is None else settings.poll_s
    return Question(content, is_answer, every_s, model.answer_within_s)


def acknowledges(command: str, data: int | None = None) -> Callable[[Decoded], bool]:
    """Tells the frames that acknowledge `command` (two hexadecimal digits), any data or `data`."""
    return lambda decoded: (
        decoded.get("ack_cmd") == command and data in (None, decoded.get("ack_data"))
    )
