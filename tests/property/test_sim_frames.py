"""What an encoder says is what a decoder, written by somebody else, takes from it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import sensor_model
from sim.air import Air
from sim.frames import encoder_of, models
from sim.frames.metone import COLUMN_ORDERS, Record, header_line, levels_of, record_line
from sim.frames.sensirion import flagged, plain
from sim.frames.telaire import sm_uart_04l_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import DrawFn

DUST = ("pm1", "pm25", "pm10", "tsp")
CLIMATE = {"t_c": "temperature_c", "rh": "humidity_pct"}
UNITS = {"windsonic": st.integers(1, 26), "rm-young-86xxx": st.integers(0, 61)}
UNITS |= {"modbus-rtu": st.integers(1, 247)}


@st.composite
def airs(draw: DrawFn) -> Air:
    """Any air that there is, and some that no format can hold."""
    levels = sorted(draw(st.lists(st.floats(0, 5_000), min_size=5, max_size=5)))
    return Air(
        *levels,
        t_c=draw(st.floats(-40, 60)),
        rh=draw(st.floats(0, 100)),
        wind_mps=draw(st.floats(0, 90)),
        wind_deg=draw(st.none() | st.floats(0, 360)),
    )


def decoded(model: str, data: bytes) -> dict[str, Any]:
    return decode_frame(sensor_model(model), data)


def exactly(number: float) -> Decimal:
    return Decimal(str(number))


def told_dust(model: str, fields: dict[str, Any], names: Iterable[str]) -> dict[str, Decimal]:
    """The masses by wire field, as the gateway's table of each model has them."""
    values = sensor_model(model).values
    return {name: exactly(fields[values[name]]) for name in names if name in values}


@pytest.mark.parametrize("model", sorted(set(models()) - {"bam1020"}))
@given(data=st.data(), air=airs())
def test_masses_are_those_that_the_decoder_takes(model: str, data: st.DataObject, air: Air) -> None:
    unit_id = data.draw(UNITS.get(model, st.integers(0, 65_535)))
    encoded = encoder_of(model, unit_id)(air)

    dust = {name: level for name, level in encoded.levels.items() if name in DUST}

    assert dust == told_dust(model, decoded(model, encoded.data), DUST)


@pytest.mark.parametrize("model", ["pms5003t", "pms5003st", "davis-vantage"])
@given(air=airs())
def test_climate_is_that_which_the_decoder_takes(model: str, air: Air) -> None:
    encoded = encoder_of(model)(air)
    fields = decoded(model, encoded.data)

    climate = {name: encoded.levels[name] for name in CLIMATE}

    assert climate == {name: exactly(fields[field]) for name, field in CLIMATE.items()}


@pytest.mark.parametrize("model", ["nmea-wind", "windsonic", "rm-young-86xxx", "davis-vantage"])
@given(air=airs())
def test_wind_is_that_which_the_decoder_takes(model: str, air: Air) -> None:
    encoded = encoder_of(model)(air)
    fields = decoded(model, encoded.data)

    assert encoded.levels["wind_mps"] == exactly(fields["wind_mps"])
    if "wind_deg" in encoded.levels:
        assert encoded.levels["wind_deg"] == exactly(fields["wind_deg"])
    else:
        assert air.wind_deg is None or fields["wind_mps"] < 0.5


@pytest.mark.parametrize("model", ["nmea-wind", "windsonic", "davis-vantage"])
def test_calm_air_has_no_direction_where_the_format_can_say_so(model: str) -> None:
    calm = encoder_of(model)(Air(1, 2, 3, 4, 5))

    assert "wind_deg" not in calm.levels
    assert decoded(model, calm.data)["wind_deg"] is None


@given(air=airs(), unit_id=st.integers(1, 247))
def test_the_wind_registers_say_speed_and_direction(air: Air, unit_id: int) -> None:
    encoded = encoder_of("modbus-rtu", unit_id)(air)
    fields = decoded("modbus-rtu", encoded.data)
    speed, direction = fields["registers"]

    assert unit_id == fields["unit"]
    assert encoded.levels["wind_mps"] == Decimal(speed) / 10
    assert encoded.levels.get("wind_deg", direction) == direction < 360


@given(air=airs())
def test_a_bam_is_read_until_its_full_scale_and_refused_there(air: Air) -> None:
    encoded = encoder_of("bam1020")(air)

    if encoded.levels:
        assert encoded.levels == {"pm10": exactly(decoded("bam1020", encoded.data)["conc_ugm3"])}
    else:
        assert air.pm10 >= 984.5
        with pytest.raises(FrameError, match="full scale"):
            decoded("bam1020", encoded.data)


@pytest.mark.parametrize("order", sorted(COLUMN_ORDERS))
@given(thousandths=st.integers(-15, 984), alarm=st.sampled_from(["", "L", "FT"]))
def test_a_bam_record_says_the_same_in_either_order_of_columns(
    order: str, thousandths: int, alarm: str
) -> None:
    record = Record("03/28/07 03:00", thousandths / 1000, 31.4, 2.5, 270.0, alarm)
    data = header_line(order) + record_line(record, order)

    if alarm:
        assert {} == levels_of(record)
        with pytest.raises(FrameError, match=f"alarms {alarm}"):
            decoded("bam1020", data)
    else:
        fields = decoded("bam1020", data)
        assert ("03/28/07 03:00", thousandths) == (fields["hour_ending"], fields["conc_ugm3"])
        assert {"pm25": Decimal(thousandths)} == levels_of(record, "pm25")


@given(air=airs(), unit_id=st.integers(0, 65_535), model=st.sampled_from(["sds011", "sds198"]))
def test_a_nova_frame_carries_its_identity(air: Air, unit_id: int, model: str) -> None:
    frame = encoder_of(model, unit_id)(air).data

    assert f"{unit_id:04X}" == decoded(model, frame)["device_id"]


@given(level=st.integers(0, 0x3FFF), flags=st.integers(0, 3), errors=st.integers(0, 255))
def test_flags_of_a_telaire_change_no_mass(level: int, flags: int, errors: int) -> None:
    fields = decoded("sm-uart-04l", sm_uart_04l_frame(level, level, level, flags, errors))

    assert (level, level, level) == (fields["pm1_atm"], fields["pm25_atm"], fields["pm10_atm"])
    assert errors == fields["error_bits"]


@given(content=st.binary(max_size=300))
def test_what_is_flagged_and_stuffed_comes_back(content: bytes) -> None:
    frame = flagged(content)

    assert content == plain(frame[1:-1])
    assert not set(frame[1:-1]) & {0x7E, 0x11, 0x13}
