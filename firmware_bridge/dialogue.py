"""What is said to a sensor, and which of its frames count.

Pure: a dialogue is told the time and returns bytes, so its whole life can be tested by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from firmware_bridge.dialogues.counts import DialogueCounts
from firmware_bridge.dialogues.cubic import cubic_phrases
from firmware_bridge.dialogues.honeywell import honeywell_phrases
from firmware_bridge.dialogues.hourly import Hourly
from firmware_bridge.dialogues.listening import Listening
from firmware_bridge.dialogues.looping import Looping
from firmware_bridge.dialogues.modbus import modbus_phrases
from firmware_bridge.dialogues.nova import nova_phrases
from firmware_bridge.dialogues.phrases import Phrases
from firmware_bridge.dialogues.plantower import plantower_phrases
from firmware_bridge.dialogues.sensirion import sensirion_phrases
from firmware_bridge.dialogues.talking import Talking
from firmware_bridge.dialogues.tera import tera_phrases
from firmware_bridge.dialogues.winsen import winsen_phrases
from firmware_bridge.sensors.davis import DAVIS_VANTAGE
from firmware_bridge.sensors.metone import BAM1020

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings

__all__ = ["Dialogue", "DialogueCounts", "dialogue_for"]


_PHRASES: Final[Mapping[str, Callable[[SensorModel, SensorSettings], Phrases]]] = {
    "pms3003": plantower_phrases,
    "pms5003": plantower_phrases,
    "pms5003t": plantower_phrases,
    "pms5003s": plantower_phrases,
    "pms5003st": plantower_phrases,
    "sm-uart-04l": plantower_phrases,
    "sds011": nova_phrases,
    "sds198": nova_phrases,
    "sps30": sensirion_phrases,
    "hpma115s0": honeywell_phrases,
    "hpma115c0": honeywell_phrases,
    "zh03b": winsen_phrases,
    "zh06": winsen_phrases,
    "pm2008": cubic_phrases,
    "nextpm": tera_phrases,
    "modbus-rtu": modbus_phrases,
}
"""What can be said to whom; to all others nothing."""


class Dialogue(Protocol):
    """What is said to one sensor and which of its frames count; times are monotonic seconds."""

    @property
    def counts(self) -> DialogueCounts:
        """What was asked, answered, written and heard too early, since the beginning."""
        ...

    def opened(self, now_s: float, *, powered_up: bool) -> None:
        """The line was opened: everything begins anew.

        `powered_up`: the sensor probably just got power, so its warm-up counts from now.
        """
        ...

    def say(self, now_s: float, interval_left_s: float) -> bytes:
        """What to write now, mostly nothing; `interval_left_s` runs to the interval's end."""
        ...

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        """A valid frame came; whether it is data that counts."""
        ...

    def due_s(self, now_s: float) -> float:
        """When `say` wants to be called next; infinite where never."""
        ...

    def state(self, now_s: float) -> str:
        """`ok`, `warming`, `asleep`, `unanswered` or `refused` (settings not accepted)."""
        ...


def dialogue_for(model: SensorModel, settings: SensorSettings) -> Dialogue:
    """The dialogue that `settings` ask for; `model` is what `configured_model` made of them."""
    warm_up_s = model.warm_up_s if settings.warm_up_s is None else settings.warm_up_s
    if model.identifier == BAM1020.identifier:
        return Hourly(model, settings.ask_after_s)
    if model.identifier == DAVIS_VANTAGE.identifier:
        return Looping(model, warm_up_s)
    phrases_of = _PHRASES.get(model.identifier)
    phrases = phrases_of(model, settings) if phrases_of else Phrases()
    if phrases.are_none():
        return Listening(model, warm_up_s)
    return Talking(model, phrases, warm_up_s, settings.read_s)
