"""What a PM2008 is told: opened, read and closed. A PM1006 is never spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.phrases import Phrases, acknowledges, question
from firmware_bridge.sensors.cubic import cubic_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import SensorSettings

_READ, _SWITCH = 0x0B, 0x0C
_MASSES: Final = b"\x07"
_OPEN: Final = b"\x02\x1e"
_CLOSE: Final = b"\x01\x1e"


def cubic_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """0C opens and closes the measurement, 0B reads."""
    return Phrases(
        wake=(Command(cubic_command(_SWITCH, _OPEN), acknowledges("0C", _OPEN[0])),),
        sleep=(Command(cubic_command(_SWITCH, _CLOSE), acknowledges("0C", _CLOSE[0])),),
        question=question(cubic_command(_READ, _MASSES), model.is_data, model, settings),
    )
