"""What a ZH03B or ZH06 is told (manuals of both)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.phrases import Phrases, acknowledges, question
from firmware_bridge.sensors.winsen import zh_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import SensorSettings

_READ, _MODE, _SLEEP = 0x86, 0x78, 0xA7
_BY_ITSELF, _WHEN_ASKED = 0x40, 0x41


def winsen_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """A7 wakes and sends to sleep, 78 sets the mode, 86 asks."""
    if not settings.asked and not settings.read_s:
        return Phrases()
    mode = zh_command(_MODE, _WHEN_ASKED if settings.asked else _BY_ITSELF)
    return Phrases(
        wake=(Command(zh_command(_SLEEP, 0), acknowledges("A7"), tries=2),),
        sleep=(Command(zh_command(_SLEEP, 1), acknowledges("A7")),),
        mode=(Command(mode, acknowledges("78")),),
        question=question(zh_command(_READ), model.is_data, model, settings)
        if settings.asked
        else None,
    )
