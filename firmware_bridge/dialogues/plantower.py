"""What Plantower sensors and the SM-UART-04L are told (PMS5003 data sheet).

The mode is active after power and nobody says whether it outlives sleep, so it is said at every
waking; it is not kept in flash. A waking is not acknowledged by every version: data say it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.phrases import Phrases, acknowledges, question
from firmware_bridge.sensors.plantower import MODE, READ, SLEEP, pms_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import SensorSettings


def plantower_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """E4 wakes and sends to sleep, E1 sets the mode, E2 asks in passive mode."""
    if not settings.asked and not settings.read_s:
        return Phrases()
    is_active = int(not settings.asked)
    return Phrases(
        wake=(
            Command(
                pms_command(SLEEP, 1),
                lambda decoded: model.is_data(decoded) or acknowledges("E4", 1)(decoded),
                tries=2,
            ),
            Command(pms_command(MODE, is_active), acknowledges("E1", is_active)),
        ),
        sleep=(Command(pms_command(SLEEP, 0), acknowledges("E4", 0)),),
        question=question(pms_command(READ, 0), model.is_data, model, settings)
        if settings.asked
        else None,
    )
