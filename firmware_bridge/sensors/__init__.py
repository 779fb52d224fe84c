"""The sensors that the gateway can read: model identifier -> model, written out, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dust.errors import BadInput
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel


def sensor_models() -> dict[str, SensorModel]:
    """Every model by its identifier."""
    return {model.identifier: model for model in (PMS5003, SDS011)}


def sensor_model(identifier: str) -> SensorModel:
    """The model called `identifier`; a `BadInput` lists those that exist."""
    try:
        return sensor_models()[identifier]
    except KeyError:
        raise BadInput("model", identifier, "one of " + ", ".join(sensor_models())) from None
