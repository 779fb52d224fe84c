"""Tasmota's telemetry on `tele/<device>/SENSOR`: one object a sensor, local time without a zone.

`PM1 PM2.5 PM10` of a Plantower are its atmospheric values, `CF…` the others and `PB…` counts per
0.1 l (github.com/arendst/Tasmota, xsns_18_pms5003.ino); the SPS30 writes `PM2_5`. A clock that was
never set says 1970: telemetry is sent as it is made, so the reading is then dated by arrival and
says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.foreign.draft import Draft
from ingest.foreign.json_text import object_of
from ingest.foreign.message import Fault, ForeignMessage, Heard, Ignored
from ingest.rejection import Reason

if TYPE_CHECKING:
    from ingest.foreign.device import Source

_DUST: Final = {
    "PM1": "pm1",
    "PM1_0": "pm1",
    "PM2.5": "pm25",
    "PM2_5": "pm25",
    "PM10": "pm10",
    "PM10_0": "pm10",
}
_EXTRAS: Final = {
    "CF1": "pm1_cf1",
    "CF2.5": "pm25_cf1",
    "CF10": "pm10_cf1",
    "PM4_0": "pm4",
    "PB0.3": "n03_per_dl",
    "PB0.5": "n05_per_dl",
    "PB1": "n10_per_dl",
    "PB2.5": "n25_per_dl",
    "PB5": "n50_per_dl",
    "PB10": "n100_per_dl",
}
_WEATHER: Final = {"Temperature": "t_c", "Humidity": "rh", "Pressure": "p_hpa"}
_NOT_THE_AIR: Final = frozenset({"ESP32", "ENERGY"})
"""The temperature of a chip and of a power meter."""


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """One reading of all the device's sensors: of each quantity the first that is told."""
    message, content = source.message(), object_of(heard.payload)
    wrapped = content.get("StatusSNS")  # the same as an answer to a question
    told: dict[str, Any] = wrapped if isinstance(wrapped, dict) else content
    draft = Draft()
    units = {"t_c": _unit(told, "TempUnit"), "p_hpa": _unit(told, "PressureUnit")}
    for sensor, values in told.items():
        if isinstance(values, dict) and sensor not in _NOT_THE_AIR:
            _put_sensor(draft, sensor, values, units)
    if not draft.values and not draft.left_out:
        message.ignored.append(Ignored.NO_VALUE if draft.says_none else Ignored.NO_MEASURES)
        return message
    instant_ms = source.own_ms(message, heard, "Time", told.get("Time"))
    if message.uses_arrival:
        draft.keep("dated_by_arrival", 1)
    return source.finish(message, heard, draft, instant_ms)


def _put_sensor(
    draft: Draft, sensor: str, values: dict[str, Any], units: dict[str, str | None]
) -> None:
    for word, raw in values.items():
        field = _DUST.get(word) or _WEATHER.get(word)
        if field is not None:
            draft.put(field, f"{sensor}_{word}", raw, units.get(field))
        elif word in _EXTRAS:
            draft.keep(_EXTRAS[word], raw)


def _unit(told: dict[str, Any], name: str) -> str | None:
    unit = told.get(name)
    known = {"TempUnit": ("C", "F"), "PressureUnit": ("hPa", "mmHg", "inHg")}[name]
    if unit is None:
        return None
    if unit not in known:
        raise Fault(Reason.MALFORMED, name, unit, "one of " + ", ".join(known))
    return str(unit)
