"""The sensors that are known: model identifier -> model, written out, never guessed.

A gateway reads those that send by themselves and whose claims stand in dust/data/claims.toml; the
frames of all others are understood (`dust decode`), but nobody would ask them for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
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
    from collections.abc import Mapping

    from firmware_bridge.sensors.base import SensorModel

_GATEWAY: Final = (
    PMS5003,
    SDS011,
    PMS3003,
    PMS5003T,
    PMS5003S,
    PMS5003ST,
    SDS198,
    HPMA115S0,
    HPMA115C0,
    ZH03B,
    ZH06,
    PM1006,
    SN_GCJA5,
    SM_UART_04L,
)
_DECODED_ONLY: Final = (
    SPS30,
    PM2008,
    NEXTPM,
    BAM1020,
    NMEA_WIND,
    WINDSONIC,
    RM_YOUNG_86XXX,
    DAVIS_VANTAGE,
    MODBUS_RTU,
)


def sensor_models() -> dict[str, SensorModel]:
    """Every model that a gateway can read, by its identifier."""
    return {model.identifier: model for model in _GATEWAY}


def known_models() -> dict[str, SensorModel]:
    """Every model whose frames are understood, by its identifier."""
    return sensor_models() | {model.identifier: model for model in _DECODED_ONLY}


def sensor_model(identifier: str) -> SensorModel:
    """The gateway's model called `identifier`; a `BadInput` lists those that exist."""
    return _named(identifier, sensor_models())


def known_model(identifier: str) -> SensorModel:
    """The model called `identifier`, read by a gateway or not; a `BadInput` lists them all."""
    return _named(identifier, known_models())


def _named(identifier: str, models: Mapping[str, SensorModel]) -> SensorModel:
    try:
        return models[identifier]
    except KeyError:
        raise BadInput("model", identifier, "one of " + ", ".join(models)) from None
