"""Sensor models: what their frames say beyond the golden ones, and what is no data."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path

import pytest

from dust.claims import claims_table
from dust.errors import BadInput
from firmware_bridge.decode import decode_frame
from firmware_bridge.dialogue import dialogue_for
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import (
    configured_model,
    sensor_model,
    sensor_models,
)
from firmware_bridge.sensors.base import big_endian_words
from firmware_bridge.sensors.modbus import ModbusFormat, Register
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003
from firmware_bridge.sensors.sensirion import shdlc_command, stuffed, unstuffed
from firmware_bridge.settings import SensorSettings
from sim.frames import pms5003_frame, sds011_frame

SECTIONS = (Path(__file__).parents[3] / "docs" / "sensors.md").read_text("utf-8").split("\n## ")
REQUESTED = [
    "pms3003",
    "pms5003",
    "pms5003t",
    "pms5003s",
    "pms5003st",
    "sds011",
    "sds198",
    "sps30",
    "hpma115s0",
    "hpma115c0",
    "zh03b",
    "zh06",
    "pm1006",
    "pm2008",
    "sn-gcja5",
    "nextpm",
    "sm-uart-04l",
    "bam1020",
    "nmea-wind",
    "windsonic",
    "rm-young-86xxx",
    "davis-vantage",
    "modbus-rtu",
]
BAM = b"Time,Conc (mg/m3),Qtot(m3),RH(%),E,U,L\r\n"


def sds_reply(*content: int) -> bytes:
    return b"\xaa\xc5" + bytes(content) + bytes((sum(content) & 0xFF, 0xAB))


def test_a_model_is_named_and_never_guessed() -> None:
    assert PMS5003 is sensor_model("pms5003")
    assert ["pms5003", "sds011"] == list(sensor_models())[:2]
    with pytest.raises(BadInput, match=r"^model = 'pms': allowed is one of pms5003, sds011"):
        sensor_model("pms")


def test_words_are_big_endian_and_an_odd_byte_at_the_end_is_none() -> None:
    assert [0x0102, 0x0304] == big_endian_words(b"\x01\x02\x03\x04\x05")


def test_a_frame_of_zeros_is_clean_air_and_data() -> None:
    decoded = decode_frame(PMS5003, pms5003_frame(0, 0, 0))

    assert (0, 0, 0) == (decoded["pm1_atm"], decoded["pm25_atm"], decoded["pm10_atm"])
    assert PMS5003.is_data(decoded)


def test_the_largest_words_are_decoded_and_not_judged() -> None:
    pms = decode_frame(PMS5003, pms5003_frame(65_535, 65_535, 65_535))
    sds = decode_frame(SDS011, sds011_frame(65_535, 65_535, 0xFFFF))

    assert 65_535 == pms["pm25_atm"]
    assert (6553.5, 6553.5, "FFFF") == (sds["pm25"], sds["pm10"], sds["device_id"])


def test_cf1_and_atmospheric_values_are_both_kept() -> None:
    decoded = decode_frame(PMS5003, pms5003_frame(100, 200, 300))

    assert {"pm1_cf1", "pm25_cf1", "pm10_cf1"} <= set(PMS5003.extras)
    assert (200, 300) == (decoded["pm25_atm"], decoded["pm25_cf1"])


def test_every_value_and_extra_of_a_model_stands_in_its_data_frames() -> None:
    pms, sds = decode_frame(PMS5003, pms5003_frame(1, 2, 3)), sds011_frame(1, 2, 3)

    assert set(PMS5003.extras) | set(PMS5003.values.values()) <= set(pms)
    assert set(SDS011.extras) | set(SDS011.values.values()) <= set(decode_frame(SDS011, sds))


def test_both_makers_speak_9600_8n1() -> None:
    assert [(9600, "N")] * 2 == [(model.baud, model.parity) for model in (PMS5003, SDS011)]


def test_the_extras_of_a_pms5003_are_its_cf1_values_and_its_counts() -> None:
    counts = [f"n{size}_per_dl" for size in ("03", "05", "10", "25", "50", "100")]

    assert ["pm1_cf1", "pm25_cf1", "pm10_cf1", *counts] == list(PMS5003.extras)


def test_an_acknowledgement_is_no_data() -> None:
    decoded = decode_frame(PMS5003, bytes.fromhex("424D0004E1000174"))

    assert {"ack_cmd": "E1", "ack_data": 0} == decoded
    assert not PMS5003.is_data(decoded)


@pytest.mark.parametrize(
    ("frame", "decoded"),
    [
        (sds_reply(2, 1, 1, 0, 0xA1, 0x60), {"reply": "mode", "is_set": True, "value": 1}),
        (sds_reply(8, 0, 2, 0, 0xA1, 0x60), {"reply": "period", "is_set": False, "value": 2}),
        (sds_reply(5, 0, 0, 0, 0xA1, 0x60), {"reply": "set_id"}),
        (sds_reply(7, 7, 8, 9, 0xA1, 0x60), {"reply": "firmware", "firmware": "07-08-09"}),
        (sds_reply(0x2A, 0, 3, 0, 0xA1, 0x60), {"reply": "2A", "is_set": False, "value": 3}),
    ],
)
def test_a_reply_of_an_sds011_is_decoded_and_no_data(
    frame: bytes, decoded: dict[str, object]
) -> None:
    found = decode_frame(SDS011, frame)

    assert decoded | {"device_id": "A160"} == found
    assert not SDS011.is_data(found)


@pytest.mark.parametrize(
    ("identifier", "frame", "reason"),
    [
        ("sds011", b"\xaa\xc0", "length"),
        ("sds011", b"\xaa", "length"),
        ("sds011", sds011_frame(1, 2, 3)[:-1] + b"\xac", "tail"),
        ("sds011", b"\xaa\xcf" + bytes(8), "header"),
        ("sds011", sds011_frame(1, 2, 3) + b"\x00", "length"),
        ("sds011", b"", "header"),
        ("pms5003", b"\x42\x4d\x00", "length"),
        ("pms5003", b"\x42\x4d\x00\x1d" + bytes(29), "length"),
        ("pms5003", pms5003_frame(1, 2, 3)[:-1] + b"\xff", "checksum"),
        ("pms5003", sds011_frame(1, 2, 3), "header"),
    ],
)
def test_what_is_not_exactly_one_frame_is_refused(
    identifier: str, frame: bytes, reason: str
) -> None:
    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model(identifier), frame)

    assert reason == caught.value.reason


def bm(content: bytes) -> bytes:
    body = b"\x42\x4d" + (len(content) + 2).to_bytes(2) + content
    return body + sum(body).to_bytes(2)


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def reason(identifier: str, frame: bytes) -> str:
    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model(identifier), frame)
    return caught.value.reason


def test_every_model_that_was_asked_for_is_known() -> None:
    assert set(REQUESTED) == set(sensor_models())


@pytest.mark.parametrize("identifier", REQUESTED)
def test_the_configuration_in_its_section_is_accepted(identifier: str) -> None:
    (section,) = [text for text in SECTIONS if f"`{identifier}`" in text.splitlines()[0]]
    (entry,) = tomllib.loads(section.split("```toml")[1].split("```")[0])["sensors"]
    settings = SensorSettings.model_validate(entry)

    assert identifier == settings.model
    assert dialogue_for(configured_model(settings), settings)


@pytest.mark.parametrize("identifier", REQUESTED)
def test_every_model_has_its_section_with_its_line_settings(identifier: str) -> None:
    model = sensor_model(identifier)
    (section,) = [text for text in SECTIONS if f"`{identifier}`" in text.splitlines()[0]]

    assert f"{model.baud} 8{model.parity}1" in section
    for word in ("**Wiring.**", "**Configuration.**", "**Decoded.**", "**Use.**"):
        assert word in section


def test_every_model_stands_in_the_claims_table() -> None:
    for identifier, model in sensor_models().items():
        assert set(model.values) <= set(map(str, claims_table().model(identifier).pollutants))


def test_the_lines_with_even_parity_are_named() -> None:
    assert {"sn-gcja5", "nextpm"} == {
        name for name, model in sensor_models().items() if model.parity == "E"
    }


def test_a_pms5003s_has_formaldehyde_where_others_have_their_version() -> None:
    decoded = decode_frame(sensor_model("pms5003s"), bm(words(*range(12), 77)))

    assert (77, 4, 11) == (decoded["hcho_ugm3"], decoded["pm25_atm"], decoded["n100_per_dl"])
    assert "version" not in decoded


def test_a_pms5003st_has_formaldehyde_and_climate_and_cold_is_below_zero() -> None:
    decoded = decode_frame(sensor_model("pms5003st"), bm(words(*range(12), 7, 0xFFC9, 501, 0, 0)))

    assert (7, -5.5, 50.1) == tuple(
        decoded[f] for f in ("hcho_ugm3", "temperature_c", "humidity_pct")
    )
    assert "length" == reason("pms5003st", bm(words(*range(13))))


def test_every_extra_and_value_of_a_bm_model_stands_in_its_data() -> None:
    for identifier, count in (("pms3003", 9), ("pms5003t", 13), ("pms5003st", 17)):
        model = sensor_model(identifier)
        decoded = decode_frame(model, bm(words(*range(count))))
        assert {*model.extras, *model.values.values()} <= set(decoded)


def test_the_flags_in_the_high_bytes_of_a_telaire_are_no_level() -> None:
    frame = bm(words(0xC001, 0x8002, 0x4003, 4, 5, 6, *[0] * 6, 0x0080))
    decoded = decode_frame(sensor_model("sm-uart-04l"), frame)

    assert (1, 2, 3, 0x80) == tuple(
        decoded[f] for f in ("pm1_cf1", "pm25_cf1", "pm10_cf1", "error_bits")
    )


@pytest.mark.parametrize(
    ("identifier", "frame", "decoded"),
    [
        ("hpma115s0", "A5A5", {"acknowledged": True}),
        ("hpma115c0", "9696", {"acknowledged": False}),
        ("hpma115s0", "400210644A", {"coefficient": 100}),
        ("hpma115s0", bm(words(9, 20, 30, *[0] * 10)).hex(), None),
        ("zh03b", "FFA701000000000058", {"ack_cmd": "A7", "ack_data": 1}),
        ("pms5003st", "424D0004E4000177", {"ack_cmd": "E4", "ack_data": 0}),
        ("sds198", "AAC506010100A16009AB", None),
        ("nextpm", "81160465", {"state": 4}),
        ("nextpm", "018302C0F1", {"unit": 1, "function": 3, "exception": 2}),
        ("sps30", "7E00030000FC7E", {"address": 0, "command": 3, "state": 0, "data": ""}),
    ],
)
def test_answers_and_data_are_told_apart(
    identifier: str, frame: str, decoded: dict[str, object] | None
) -> None:
    model = sensor_model(identifier)
    found = decode_frame(model, bytes.fromhex(frame))

    assert decoded in (None, found)
    assert model.is_data(found) == (frame.startswith("424d001c"))


def test_an_echoed_request_is_no_reply() -> None:
    assert "length" == reason("sps30", shdlc_command(3))
    assert "header" == reason("pm1006", bytes.fromhex("11020B01E1"))


def test_a_sample_that_is_not_a_number_or_whose_state_is_bad_is_no_data() -> None:
    model = sensor_model("sps30")
    for state, level in ((0, float("nan")), (4, 1.0)):
        content = bytes((0, 3, state, 40)) + struct.pack(">10f", *[level] * 10)
        frame = b"\x7e" + stuffed(content + bytes((~sum(content) & 0xFF,))) + b"\x7e"
        assert not model.is_data(decode_frame(model, frame))


def test_stuffing_comes_off_as_it_was_put_on() -> None:
    content = bytes(range(256)) * 2

    assert content == unstuffed(stuffed(content))
    assert not set(b"\x7e\x11\x13") & set(stuffed(content))


def test_a_pm2008_s_acknowledgement_is_no_data() -> None:
    model = sensor_model("pm2008")
    decoded = decode_frame(model, bytes.fromhex("16020C02DA"))

    assert {"ack_cmd": "0C", "ack_data": 2} == decoded
    assert not model.is_data(decoded)


def test_an_answer_of_another_length_than_was_asked_for_is_refused() -> None:
    with pytest.raises(FrameError, match="4 bytes announced, 2 were asked for"):
        ModbusFormat((2,), (3,), registers=1).length(bytes.fromhex("020304"))


def test_a_record_of_a_bam_is_read_by_its_header_and_may_be_below_zero() -> None:
    decoded = decode_frame(
        sensor_model("bam1020"), BAM + b"03/28/07 03:00,-0.004,+0.834,45,0,0,0\r\n"
    )

    expected = {"hour_ending": "03/28/07 03:00", "conc_ugm3": -4.0, "Qtot(m3)": 0.834, "RH(%)": 45}
    assert expected == decoded


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b"03/28/07 03:00,0.027,0.8,45,0,1,0", "alarm"),
        (b"03/28/07 03:00,0.985,0.8,45,0,0,0", "alarm"),
        (b"03/28/07 03:00,0.027,0.8,45,0,0", "length"),
        (b"03/28/07 03:00,,0.8,45,0,0,0", "header"),
        (b"", "length"),
    ],
)
def test_a_bam_s_bad_hour_is_refused(record: bytes, expected: str) -> None:
    assert expected == reason("bam1020", BAM + record + b"\r\n")
    assert "length" == reason("bam1020", BAM + record)


def test_a_table_says_what_registers_mean() -> None:
    assert 3.7 == Register(0, step=0.1).read([37])
    assert -0.1 == Register(0, step=0.1, signed=True).read([0xFFFF])
    with pytest.raises(BadInput, match="index = 1: allowed is 0 to 0"):
        Register(1).read([1])
