"""Wind instruments: what their lines and packets say, and what is no data."""

from __future__ import annotations

from binascii import crc_hqx

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameStream
from firmware_bridge.sensors import sensor_model
from firmware_bridge.sensors.base import exclusive_or
from firmware_bridge.sensors.davis import loop_command


def line(begin: bytes, body: bytes, mark: bytes, end: bytes = b"\r\n") -> bytes:
    return begin + body + mark + b"%02X" % exclusive_or(body) + end


def loop_packet(**fields: int) -> bytes:
    packet = bytearray(b"LOO" + bytes(94))
    packet[14], packet[33] = fields.get("mph", 255), fields.get("rh", 255)
    packet[12:14] = fields.get("tenths_f", 32_767).to_bytes(2, "little")
    packet[16:18] = fields.get("direction", 0).to_bytes(2, "little")
    return bytes(packet) + crc_hqx(packet, 0).to_bytes(2)


def reason(identifier: str, frame: bytes) -> str:
    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model(identifier), frame)
    return caught.value.reason


def test_wind_of_every_unit_is_metres_per_second() -> None:
    model = sensor_model("nmea-wind")
    for unit, expected in (("N", 5.144), ("K", 2.778), ("M", 10.0), ("Q", None)):
        frame = line(b"$", b"IIMWV,359.5,R,10.0," + unit.encode() + b",A", b"*")
        decoded = decode_frame(model, frame)
        assert expected == decoded.get("wind_mps")
        assert model.is_data(decoded) == (expected is not None)


def test_invalid_wind_and_other_sentences_are_no_data() -> None:
    model = sensor_model("nmea-wind")
    invalid = decode_frame(model, line(b"$", b"IIMWV,10,R,1.0,N,V", b"*"))
    other = decode_frame(model, line(b"$", b"IIXDR,C,19.5,C,AIR,H,,P,RH", b"*"))

    assert not model.is_data(invalid)
    assert [("C", 19.5), ("H", None)] == [(t["type"], t["value"]) for t in other["transducers"]]
    assert not model.is_data(other)


def test_a_windsonic_s_direction_is_kept_and_a_fault_is_no_data() -> None:
    model = sensor_model("windsonic")
    good, fault, short = (
        decode_frame(model, line(b"\x02", body, b"\x03"))
        for body in (b"Q,229,02.75,M,00,", b"Q,229,02.75,M,08,", b"hello")
    )

    assert (2.75, 229.0) == (good["wind_mps"], good["wind_deg"])
    assert model.is_data(good)
    assert not model.is_data(fault)
    assert {"text": "hello"} == short


def test_a_line_of_rm_young_is_checked_by_its_shape_and_its_digits() -> None:
    model = sensor_model("rm-young-86xxx")
    decoded = decode_frame(model, b"a 1.50 57.0 00*47\r")

    assert ("a", 1.5, 57.0) == (decoded["address"], decoded["wind_mps"], decoded["wind_deg"])
    assert "checksum" == reason("rm-young-86xxx", b"a 1.50 57.0 00*48\r")
    assert "length" == reason("rm-young-86xxx", b"a 1.50 00*48\r")
    assert [b"a 1.50 57.0 00*47\r"] == FrameStream(model.frame_format).feed(
        b"50 57.0 00*47\ra 1.5" + b"a 1.50 57.0 00*47\r"
    )


def test_a_vantage_says_what_it_knows_and_none_for_what_it_does_not() -> None:
    model = sensor_model("davis-vantage")
    known = decode_frame(model, loop_packet(mph=10, direction=360, tenths_f=770, rh=60))
    unknown = decode_frame(model, loop_packet())

    assert (4.47, 360, 25.0, 60) == tuple(
        known[f] for f in ("wind_mps", "wind_deg", "temperature_c", "humidity_pct")
    )
    assert {None} == set(unknown.values())
    assert model.is_data(known)
    assert not model.is_data(unknown)
    assert decode_frame(model, loop_packet(mph=0))["wind_deg"] is None


def test_a_vantage_that_knows_its_wind_is_data_also_without_climate_and_in_calm_air() -> None:
    model = sensor_model("davis-vantage")
    decoded = decode_frame(model, loop_packet(mph=0))

    assert model.is_data(decoded)
    assert (0, None, None, None) == tuple(
        decoded[model.weather[field]] for field in ("wind_mps", "wind_deg", "t_c", "rh")
    )


def test_a_vantage_s_clock_is_a_date_or_refused() -> None:
    broken = bytes((61, 0, 0, 1, 1, 100))

    assert "header" == reason("davis-vantage", broken + crc_hqx(broken, 0).to_bytes(2))
    assert "checksum" == reason("davis-vantage", broken + b"\x00\x01")
    assert b"LOOP 1\n" == loop_command(1)
