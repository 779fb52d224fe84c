"""Sensor models: Plantower and Nova."""

from __future__ import annotations

import pytest

from dust.errors import BadInput
from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import sensor_model, sensor_models
from firmware_bridge.sensors.base import big_endian_words
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003
from sim.frames import pms5003_frame, sds011_frame


def sds_reply(*content: int) -> bytes:
    return b"\xaa\xc5" + bytes(content) + bytes((sum(content) & 0xFF, 0xAB))


def test_a_model_is_named_and_never_guessed() -> None:
    assert PMS5003 is sensor_model("pms5003")
    assert ["pms5003", "sds011"] == list(sensor_models())
    with pytest.raises(BadInput, match=r"^model = 'pms': allowed is one of pms5003, sds011$"):
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
