"""A model with what one sensor's settings say: inlet, register table, mounting, line.

Options that a model does not have are refused by name: a setting without effect would be believed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dust.errors import BadInput
from dust.pollutants import Pollutant
from firmware_bridge.sensors.metone import HOUR_S, BamFormat
from firmware_bridge.sensors.modbus import ModbusFormat, Register, decode_modbus, read_registers

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import ModbusSettings, SensorSettings

_OPTIONS: Final = (
    "asked",
    "poll_s",
    "read_s",
    "ask_after_s",
    "inlet",
    "time_zone",
    "mounted_deg",
    "fan_clean_s",
    "coefficient",
    "modbus",
)
_WHY_NOT: Final = {
    ("pm1006", "asked"): "none: its line is tapped and must not be driven",
    ("pm1006", "read_s"): "none: its line is tapped and must not be driven",
}
_WEATHER: Final = ("t_c", "rh", "p_hpa", "wind_mps", "wind_deg")
_FULL_CIRCLE: Final = 360


def configured(model: SensorModel, settings: SensorSettings) -> SensorModel:
    """`model` as `settings` describe this one sensor; `BadInput` where they contradict it."""
    _refuse_foreign_options(model, settings)
    _check_times(model, settings)
    if "inlet" in model.options:
        model = _with_inlet(model, settings)
    if "modbus" in model.options:
        model = _with_registers(model, settings)
    if settings.mounted_deg:
        model = _mounted(model, settings)
    return replace(model, baud=settings.baud or model.baud, parity=settings.parity or model.parity)


def _field(settings: SensorSettings, name: str) -> str:
    return f"sensors.{settings.code}.{name}"


def _refuse_foreign_options(model: SensorModel, settings: SensorSettings) -> None:
    fields = type(settings).model_fields
    for name in _OPTIONS:
        value = getattr(settings, name)
        if name not in model.options and value != fields[name].default:
            allowed = _WHY_NOT.get(
                (model.identifier, name), f"none: a {model.identifier} has no such option"
            )
            raise BadInput(_field(settings, name), _plain(value), allowed)


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a setting may be)
    return value.model_dump() if hasattr(value, "model_dump") else value


def _check_times(model: SensorModel, settings: SensorSettings) -> None:
    interval_s = settings.sampling_interval_s
    if model.own_time is not None and interval_s != HOUR_S:
        allowed = f"{HOUR_S}: the records of a {model.identifier} are hours"
        raise BadInput(_field(settings, "sampling_interval_s"), interval_s, allowed)
    is_asked = settings.asked or model.is_only_asked
    if settings.poll_s is not None and not is_asked:
        raise BadInput(_field(settings, "poll_s"), settings.poll_s, "none unless asked = true")
    if settings.poll_s is not None and 0 < interval_s < settings.poll_s:
        allowed = f"at most the sampling interval of {interval_s:g} s: others would stay empty"
        raise BadInput(_field(settings, "poll_s"), settings.poll_s, allowed)
    warm_up_s = model.warm_up_s if settings.warm_up_s is None else settings.warm_up_s
    if settings.read_s and settings.read_s + warm_up_s >= interval_s:
        allowed = (
            f"less than {interval_s - warm_up_s:g}: with its warm-up of {warm_up_s:g} s"
            f" shorter than the sampling interval of {interval_s:g} s"
        )
        raise BadInput(_field(settings, "read_s"), settings.read_s, allowed)


def _with_inlet(model: SensorModel, settings: SensorSettings) -> SensorModel:
    if settings.inlet is None:
        allowed = "pm25, pm10 or tsp: what the inlet lets through cannot be told from the bytes"
        raise BadInput(_field(settings, "inlet"), None, allowed)
    return replace(
        model, values={settings.inlet: "conc_ugm3"}, frame_format=BamFormat(with_alarms=True)
    )


def _with_registers(model: SensorModel, settings: SensorSettings) -> SensorModel:
    asked = settings.modbus
    if asked is None:
        allowed = "a table of registers: no standard map exists"
        raise BadInput(_field(settings, "modbus"), None, allowed)
    table = _table(asked, settings)
    values = {name: name for name in table if name in set(Pollutant)}
    weather = {name: name for name in table if name in _WEATHER}
    if not values and not weather:
        allowed = "one of " + ", ".join([*Pollutant, *_WEATHER]) + " among them"
        raise BadInput(_field(settings, "modbus.registers"), ", ".join(table), allowed)
    return replace(
        model,
        frame_format=ModbusFormat((asked.unit,), (asked.function,), asked.count),
        decode=_reading(asked, table),
        values=values,
        weather=weather,
        extras=tuple(name for name in table if name not in values and name not in weather),
    )


def _table(asked: ModbusSettings, settings: SensorSettings) -> dict[str, Register]:
    table: dict[str, Register] = {}
    for at, told in enumerate(asked.registers):
        where = f"modbus.registers.{at}"
        if told.field in table:
            raise BadInput(_field(settings, f"{where}.field"), told.field, "each field once")
        last = asked.count - 1 - told.low_word_first
        if told.index > last:
            allowed = f"0 to {last} of {asked.count} registers"
            raise BadInput(_field(settings, f"{where}.index"), told.index, allowed)
        table[told.field] = Register(told.index, told.step, told.signed, told.low_word_first)
    return table


def _reading(asked: ModbusSettings, table: dict[str, Register]) -> Callable[[bytes], Decoded]:
    """Decodes what was asked for; an exception or another answer has no fields and is no data."""

    def decode(frame: bytes) -> Decoded:
        decoded = decode_modbus(frame)
        registers = decoded.get("registers", [])
        is_whole = len(registers) == asked.count
        return decoded | read_registers(table, registers) if is_whole else decoded

    return decode


def _mounted(model: SensorModel, settings: SensorSettings) -> SensorModel:
    if "wind_deg" not in model.weather:
        allowed = "0 where no wind direction is read"
        raise BadInput(_field(settings, "mounted_deg"), settings.mounted_deg, allowed)

    def decode(frame: bytes) -> Decoded:
        decoded = model.decode(frame)
        direction_deg = decoded.get("wind_deg")
        # T is the wind over ground by NMEA 0183: the talker has turned it already.
        if direction_deg is None or decoded.get("reference") == "T":
            return decoded
        turned_deg = round((direction_deg + settings.mounted_deg) % _FULL_CIRCLE, 3)
        return decoded | {"wind_deg": turned_deg % _FULL_CIRCLE}

    return replace(model, decode=decode)
