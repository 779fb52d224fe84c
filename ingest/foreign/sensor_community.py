"""Pushes of airRohr and its kin, as the API put them onto `dust/push/v1/sensor-community/<device>`.

`P1` is PM10, `P2` PM2.5, `P0` PM1. To 'own API' a device sends all in one body, each word with its
sensor before it (`SDS_P1`); to Sensor.Community one body a sensor, without, and the header X-Pin
says which. There P1 and P2 of pin 5 (PPD42NS) are particle counts and no masses, and pin 9 tells
where somebody lives: neither is taken for dust, the latter is not kept. Pressure is in Pa
(github.com/opendata-stuttgart/ sensors-software, airrohr-firmware, read 2026). The time is that of
the push's arrival at the API.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from dust.push import (
    Push,
    SensorCommunityBody,
    check_pin,
    decode_push,
    decode_sensor_community,
    device_of,
)
from ingest.foreign.draft import Draft
from ingest.foreign.measured_values import number_of
from ingest.foreign.message import Fault, ForeignMessage, Heard, Ignored
from ingest.rejection import Reason

if TYPE_CHECKING:
    from ingest.foreign.device import Source

_MASSES: Final = {"P0": "pm1", "P1": "pm10", "P2": "pm25"}
_WEATHER: Final = {"temperature": "t_c", "humidity": "rh", "pressure": "p_hpa"}
_NONE: Final = {"temperature": (-128.0,)}
_MINUS_ONE: Final = (-1.0,)
"""What the firmware's values are before a sensor has answered; temperatures are -128 then."""
_EXTRAS: Final = {"P4": "pm4", "co2_ppm": "co2_ppm", "signal": "rssi_dbm"}
_DUST_SENSORS: Final = ("SDS", "PMS", "HPM", "NPM", "IPS", "SPS30")
_HEATED: Final = "HECA"
"""A heated inlet: its climate is not the air's."""
_COUNTING_PIN: Final = 5
_SIGNAL: Final = re.compile(r"\s*(-?\d{1,3})(?:\s*dBm)?\s*", re.ASCII)
_OLDEST_S: Final = 3600
_ITEMS: Final = 200


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """One reading; with X-Pin it has a part of the quantities, and the pin as its number."""
    message = source.message()
    try:
        push = decode_push(heard.payload)
        pin, body = check_pin(push.x_pin), decode_sensor_community(push.body)
        device = device_of(push.x_sensor, body)
    except BadInput as error:
        raise Fault(Reason.MALFORMED, error.field, error.value, error.allowed) from None
    if device != heard.device:
        raise Fault(Reason.GATEWAY_MISMATCH, "X-Sensor", device, f"the topic's: {heard.device}")
    draft = Draft()
    _put_all(draft, body, pin)
    if draft.values or draft.left_out:
        message.is_partial = pin is not None
        return source.finish(message, heard, draft, _made_ms(source, heard, push, body), pin or 0)
    message.ignored.append(Ignored.NO_VALUE if draft.says_none else Ignored.NO_MEASURES)
    return message


def _put_all(draft: Draft, body: SensorCommunityBody, pin: int | None) -> None:
    items = body.sensordatavalues[:_ITEMS]
    words = {item.value_type for item in items}
    counts = pin == _COUNTING_PIN or bool(words & {"durP1", "durP2"})
    for item in items:
        sensor, _, quantity = item.value_type.rpartition("_")
        if item.value_type == "co2_ppm" or item.value_type.endswith("_co2_ppm"):
            quantity = "co2_ppm"
        _put(draft, sensor, quantity, item.value, counts=counts)


def _put(draft: Draft, sensor: str, quantity: str, raw: object, *, counts: bool) -> None:
    word = f"{sensor}_{quantity}" if sensor else quantity
    if quantity in _MASSES and (sensor in _DUST_SENSORS or not (sensor or counts)):
        draft.put(_MASSES[quantity], word, raw, none=_MINUS_ONE)
    elif quantity in _MASSES and not sensor:
        draft.keep(f"ppd_{quantity.lower()}", raw, _MINUS_ONE)
    elif sensor == _HEATED:
        draft.keep(word.lower(), raw)
    elif quantity in _WEATHER:
        unit = "Pa" if quantity == "pressure" else None
        draft.put(_WEATHER[quantity], word, raw, unit, _NONE.get(quantity, _MINUS_ONE))
    elif quantity in _EXTRAS:
        draft.keep(_EXTRAS[quantity], _dbm(raw) if quantity == "signal" else raw)


def _dbm(raw: object) -> object:
    """The signal's strength, which some versions write with its unit."""
    told = _SIGNAL.fullmatch(raw) if isinstance(raw, str) else None
    return int(told[1]) if told else raw


def _made_ms(source: Source, heard: Heard, push: Push, body: SensorCommunityBody) -> int:
    """When the values were made: at arrival, or the body's `age` before."""
    age_s = number_of("age", body.age) or 0.0
    if not 0 <= age_s <= _OLDEST_S:
        raise Fault(Reason.VALUE_OUT_OF_RANGE, "age", body.age, f"0 to {_OLDEST_S} seconds")
    return source.checked_ms("received", push.received - round(age_s * 1000), heard)
