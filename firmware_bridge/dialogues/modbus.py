"""What a Modbus unit is asked: one request, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.dialogues.phrases import Phrases, question
from firmware_bridge.sensors.modbus import modbus_request

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import SensorSettings


def modbus_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """The request that `settings.modbus` describes; an exception is an answer, though no data."""
    asked = settings.modbus
    if asked is None:
        return Phrases()
    return Phrases(
        question=question(
            modbus_request(asked.unit, asked.function, asked.address, asked.count),
            lambda decoded: (
                decoded.get("unit") == asked.unit and decoded.get("function") == asked.function
            ),
            model,
            settings,
        )
    )
