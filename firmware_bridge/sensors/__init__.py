"""The sensors that are known: model identifier -> model, written out, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from firmware_bridge.sensors.configuration import configured
from firmware_bridge.sensors.cubic import PM1006, PM2008
from firmware_bridge.sensors.davis import DAVIS_VANTAGE
from firmware_bridge.sensors.gill import WINDSONIC
from firmware_bridge.sensors.honeywell import HPMA115C0, HPMA115S0
from firmware_bridge.sensors.metone import BAM1020
from firmware_bridge.sensors.modbus import MODBUS_RTU
from firmware_bridge.sensors.nmea import NMEA_WIND
from firmware_bridge.sensors.nova import SDS011, SDS198
from firmware_bridge.sensors.panasonic import SN_GCJA5
from firmware_bridge.sensors.plantower import PMS3003, PMS5003, PMS5003S, PMS5003ST, PMS5003T
from firmware_bridge.sensors.sensirion import SPS30
from firmware_bridge.sensors.telaire import SM_UART_04L
from firmware_bridge.sensors.tera import NEXTPM
from firmware_bridge.sensors.winsen import ZH03B, ZH06
from firmware_bridge.sensors.young import RM_YOUNG_86XXX

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import SensorSettings

_MODELS: Final = (
    PMS5003,
    SDS011,
    PMS3003,
    PMS5003T,
    PMS5003S,
    PMS5003ST,
    SDS198,
    SPS30,
    HPMA115S0,
    HPMA115C0,
    ZH03B,
    ZH06,
    PM1006,
    PM2008,
    SN_GCJA5,
    NEXTPM,
    SM_UART_04L,
    BAM1020,
    NMEA_WIND,
    WINDSONIC,
    RM_YOUNG_86XXX,
    DAVIS_VANTAGE,
    MODBUS_RTU,
)


def sensor_models() -> dict[str, SensorModel]:
    """Every model, by its identifier; a gateway can read them all."""
    return {model.identifier: model for model in _MODELS}


def sensor_model(identifier: str) -> SensorModel:
    """The model called `identifier`; a `BadInput` lists those that exist."""
    try:
        return sensor_models()[identifier]
    except KeyError:
        raise BadInput("model", identifier, "one of " + ", ".join(sensor_models())) from None


def configured_model(settings: SensorSettings) -> SensorModel:
    """The model with what its settings say; a `BadInput` names the option that it cannot have."""
    return configured(sensor_model(settings.model), settings)
