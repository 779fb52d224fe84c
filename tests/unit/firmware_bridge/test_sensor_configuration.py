"""Models with what one sensor's settings say, and settings that a model cannot have."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.dialogue import settings_of

from dust.errors import BadInput
from firmware_bridge.decode import decode_frame
from firmware_bridge.dialogue import dialogue_for
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import configured_model, sensor_model, sensor_models
from firmware_bridge.sensors.base import exclusive_or
from firmware_bridge.sensors.modbus import crc16
from firmware_bridge.settings import SensorSettings

WIND = (
    {"field": "wind_mps", "index": 0, "step": 0.1},
    {"field": "wind_deg", "index": 1},
    {"field": "battery_v", "index": 2, "step": 0.01},
)
NEEDED: dict[str, dict[str, Any]] = {
    "bam1020": {"inlet": "pm25", "sampling_interval_s": 3600},
    "modbus-rtu": {"modbus": {"count": 3, "registers": WIND}},
}
CYCLED = {
    "pms5003", "pms3003", "pms5003t", "pms5003s", "pms5003st", "sds011", "sds198", "sps30",
    "hpma115s0", "hpma115c0", "zh03b", "zh06", "pm2008", "nextpm", "sm-uart-04l",
}  # fmt: skip


def refusal(model: str, **options: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        configured_model(settings_of(model, **options))
    return caught.value


def answer(*registers: int, unit: int = 1, function: int = 3) -> bytes:
    content = b"".join(register.to_bytes(2) for register in registers)
    body = bytes((unit, function, len(content))) + content
    return body + crc16(body).to_bytes(2, "little")


def nmea(body: bytes) -> bytes:
    return b"$" + body + b"*%02X\r\n" % exclusive_or(body)


@pytest.mark.parametrize("model", sorted(sensor_models()))
def test_every_model_can_be_configured_and_talked_with(model: str) -> None:
    settings = settings_of(model, **NEEDED.get(model, {}))
    configured = configured_model(settings)

    assert configured.values or configured.weather
    assert dialogue_for(configured, settings)


def test_a_model_without_options_is_the_model_itself() -> None:
    assert sensor_model("pms5003") == configured_model(settings_of("pms5003"))


def test_speed_and_parity_may_differ_from_the_model_s() -> None:
    configured = configured_model(settings_of("nmea-wind", baud=38_400, parity="O"))

    assert (38_400, "O") == (configured.baud, configured.parity)


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    assert "one of pms5003, sds011" in refusal("pms1").allowed


# --- Options --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("model", "options", "field", "allowed"),
    [
        ("pms5003", {"inlet": "pm10"}, "inlet", "none: a pms5003 has no such option"),
        ("pms5003", {"coefficient": 100}, "coefficient", "none: a pms5003"),
        ("sds011", {"fan_clean_s": 0}, "fan_clean_s", "none: a sds011"),
        ("sps30", {"mounted_deg": 90}, "mounted_deg", "none: a sps30"),
        ("windsonic", {"asked": True}, "asked", "none: a windsonic"),
        ("nmea-wind", {"read_s": 5}, "read_s", "none: a nmea-wind"),
        ("sn-gcja5", {"poll_s": 5}, "poll_s", "none: a sn-gcja5"),
        ("sn-gcja5", {"modbus": {"registers": WIND[:1]}}, "modbus", "none: a sn-gcja5"),
        ("zh06", {"time_zone": "Asia/Tokyo"}, "time_zone", "none: a zh06"),
        ("zh06", {"ask_after_s": 60}, "ask_after_s", "none: a zh06"),
        ("pm1006", {"asked": True}, "asked", "tapped and must not be driven"),
        ("pm1006", {"read_s": 10}, "read_s", "tapped and must not be driven"),
        ("pms5003", {"poll_s": 5}, "poll_s", "none unless asked = true"),
    ],
)
def test_an_option_that_a_model_does_not_have_is_refused_by_name(
    model: str, options: dict[str, Any], field: str, allowed: str
) -> None:
    error = refusal(model, **options)

    assert f"sensors.s-1.{field}" == error.field
    assert allowed in error.allowed


@pytest.mark.parametrize("model", sorted(sensor_models()))
def test_every_option_of_a_model_is_one_of_the_settings(model: str) -> None:
    assert sensor_model(model).options <= set(SensorSettings.model_fields)


def test_the_models_that_may_sleep_are_named() -> None:
    assert CYCLED == {name for name, m in sensor_models().items() if "read_s" in m.options}


@pytest.mark.parametrize("model", sorted(CYCLED))
def test_warm_up_and_reading_must_fit_into_the_interval(model: str) -> None:
    warm_up_s = sensor_model(model).warm_up_s
    error = refusal(model, sampling_interval_s=60, read_s=60 - warm_up_s)

    assert "sensors.s-1.read_s" == error.field
    assert f"less than {60 - warm_up_s:g}" in error.allowed
    assert configured_model(settings_of(model, sampling_interval_s=60, read_s=59.9 - warm_up_s))


def test_a_configured_warm_up_counts_for_the_interval() -> None:
    assert configured_model(settings_of("pms5003", warm_up_s=5, read_s=50))
    assert "sensors.s-1.read_s" == refusal("pms5003", warm_up_s=10, read_s=50).field


# --- Mounting -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("angle", "reference", "expected"),
    [(b"10", b"R", 190), (b"200", b"R", 20), (b"180", b"R", 0), (b"10", b"T", 10)],
)
def test_a_mounting_turns_what_is_relative_to_it(
    angle: bytes, reference: bytes, expected: float
) -> None:
    model = configured_model(settings_of("nmea-wind", mounted_deg=180))

    decoded = decode_frame(model, nmea(b"WIMWV," + angle + b"," + reference + b",5.0,M,A"))

    assert expected == decoded["wind_deg"]


def test_calm_air_is_not_given_a_direction_by_its_mounting() -> None:
    model = configured_model(settings_of("windsonic", mounted_deg=90))
    body = b"Q,,00.02,M,00,"

    decoded = decode_frame(model, b"\x02" + body + b"\x03%02X\r\n" % exclusive_or(body))

    assert decoded["wind_deg"] is None
    assert model.is_data(decoded)


def test_a_frame_without_wind_is_left_as_it_is_by_a_mounting() -> None:
    model = configured_model(settings_of("nmea-wind", mounted_deg=90))

    assert "wind_deg" not in decode_frame(model, nmea(b"WIMWV,10,R,5.0,M,V"))


# --- Modbus ---------------------------------------------------------------------------------------
def modbus(**asked: Any) -> dict[str, Any]:
    return {"modbus": {"count": 3, "registers": WIND} | asked}


def test_a_table_makes_weather_and_extras_of_registers() -> None:
    model = configured_model(settings_of("modbus-rtu", **modbus(unit=7), mounted_deg=90))
    decoded = decode_frame(model, answer(25, 300, 1234, unit=7))

    assert {"wind_mps": "wind_mps", "wind_deg": "wind_deg"} == model.weather
    assert ("battery_v",) == model.extras
    assert (2.5, 30, 12.34) == tuple(decoded[f] for f in ("wind_mps", "wind_deg", "battery_v"))
    assert model.is_data(decoded)


def test_a_pollutant_among_the_registers_is_a_value() -> None:
    registers = [{"field": "pm10", "index": 0, "low_word_first": True, "step": 0.001}]
    model = configured_model(
        settings_of("modbus-rtu", **modbus(count=2, function=4, registers=registers))
    )

    assert {"pm10": "pm10"} == model.values
    assert 65.636 == decode_frame(model, answer(100, 1, function=4))["pm10"]


def test_an_exception_or_another_unit_s_answer_is_no_data() -> None:
    model = configured_model(settings_of("modbus-rtu", **modbus()))
    body = bytes((1, 0x83, 2))

    assert not model.is_data(decode_frame(model, body + crc16(body).to_bytes(2, "little")))
    with pytest.raises(FrameError):
        decode_frame(model, answer(1, 2, 3, unit=2))
    with pytest.raises(FrameError):
        decode_frame(model, answer(1, 2, 3, function=4))


@pytest.mark.parametrize(
    ("options", "field", "allowed"),
    [
        ({}, "modbus", "a table of registers"),
        (modbus(count=2), "modbus.registers.2.index", "0 to 1 of 2 registers"),
        (
            modbus(count=1, registers=[{"field": "t_c", "index": 0, "low_word_first": True}]),
            "modbus.registers.0.index",
            "of 1 registers",
        ),
        (modbus(registers=[*WIND, WIND[0]]), "modbus.registers.3.field", "each field once"),
        (modbus(registers=WIND[2:]), "modbus.registers", "one of pm1, pm25, pm10, tsp, t_c, rh"),
        (
            modbus(registers=WIND[:1]) | {"mounted_deg": 90},
            "mounted_deg",
            "0 where no wind direction is read",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(
    options: dict[str, Any], field: str, allowed: str
) -> None:
    error = refusal("modbus-rtu", **options)

    assert f"sensors.s-1.{field}" == error.field
    assert allowed in error.allowed
