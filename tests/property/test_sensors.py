"""decode(encode(x)) == x, and no bytes that break a decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
)

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import sensor_models
from firmware_bridge.sensors.base import exclusive_or
from firmware_bridge.sensors.modbus import modbus_request
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003
from firmware_bridge.sensors.sensirion import stuffed, unstuffed
from sim.frames import cf1_level_ugm3, particle_counts, pms5003_frame, sds011_frame

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel

WORD = st.integers(0, 65_535)
CELLS = st.sampled_from("0123456789.,-+EUL \n\r")
UNIT = st.integers(1, 247)
MODBUS = FramerRTU(DecodePDU(is_server=False))
ASKED_BY_MODBUS = {3: ReadHoldingRegistersRequest, 4: ReadInputRegistersRequest}
ANSWERED_BY_MODBUS = {3: ReadHoldingRegistersResponse, 4: ReadInputRegistersResponse}
KNOWN_REASONS = {None, "header", "length", "checksum", "tail", "alarm"}


@given(pm1=WORD, pm25=WORD, pm10=WORD)
def test_a_pms5003_frame_says_what_was_put_into_it(pm1: int, pm25: int, pm10: int) -> None:
    decoded = decode_frame(PMS5003, pms5003_frame(pm1, pm25, pm10))

    assert (pm1, pm25, pm10) == (decoded["pm1_atm"], decoded["pm25_atm"], decoded["pm10_atm"])
    assert tuple(cf1_level_ugm3(level) for level in (pm1, pm25, pm10)) == (
        decoded["pm1_cf1"],
        decoded["pm25_cf1"],
        decoded["pm10_cf1"],
    )
    sizes = ("n03", "n05", "n10", "n25", "n50", "n100")
    assert particle_counts(pm25, pm10) == tuple(decoded[f"{size}_per_dl"] for size in sizes)
    assert 0 == decoded["error_code"]


@given(pm25=WORD, pm10=WORD, device_id=WORD)
def test_an_sds011_frame_says_what_was_put_into_it(pm25: int, pm10: int, device_id: int) -> None:
    decoded = decode_frame(SDS011, sds011_frame(pm25, pm10, device_id))

    assert {"pm25": pm25 / 10, "pm10": pm10 / 10, "device_id": f"{device_id:04X}"} == decoded


def reason_of(model: SensorModel, frame: bytes) -> str | None:
    try:
        decode_frame(model, frame)
    except FrameError as error:
        return error.reason
    return None


@given(frame=st.binary(max_size=40) | st.builds(sds011_frame, WORD, WORD, WORD))
def test_any_bytes_are_decoded_or_refused_with_a_known_reason(frame: bytes) -> None:
    for model in sensor_models().values():
        assert reason_of(model, frame) in KNOWN_REASONS


@given(data=st.data())
def test_any_body_behind_a_header_is_decoded_or_refused_with_a_known_reason(
    data: st.DataObject,
) -> None:
    for model in sensor_models().values():
        header = data.draw(st.sampled_from(model.frame_format.headers))
        assert reason_of(model, header + data.draw(st.binary(max_size=100))) in KNOWN_REASONS


@given(body=st.text(st.sampled_from("0123456789.,-+ANRTKMNIVWXDRQ \n\r*$"), max_size=60))
def test_any_text_with_a_right_check_is_decoded(body: str) -> None:
    content = body.encode().replace(b"\r\n", b"").replace(b"$", b"")
    check = b"%02X" % exclusive_or(content)
    for identifier, begin, mark in (("nmea-wind", b"$", b"*"), ("windsonic", b"\x02", b"\x03")):
        frame = begin + content + mark + check + b"\r\n"
        assert reason_of(sensor_models()[identifier], frame) in KNOWN_REASONS


@given(header=st.text(CELLS, max_size=30), record=st.text(CELLS, max_size=30))
def test_any_lines_of_a_bam_are_decoded_or_refused(header: str, record: str) -> None:
    frame = f"Time,Conc (mg/m3),{header}\r\n{record}\n".encode()

    assert reason_of(sensor_models()["bam1020"], frame) in KNOWN_REASONS


@given(content=st.binary(max_size=600))
def test_stuffed_bytes_hold_no_flag_and_come_back(content: bytes) -> None:
    assert content == unstuffed(stuffed(content))
    assert b"\x7e" not in stuffed(content)


@given(
    frame=st.builds(pms5003_frame, WORD, WORD, WORD),
    at=st.integers(0, 31),
    bit=st.integers(0, 7),
)
def test_one_flipped_bit_is_always_noticed(frame: bytes, at: int, bit: int) -> None:
    broken = bytearray(frame)
    broken[at] ^= 1 << bit

    assert reason_of(PMS5003, bytes(broken)) in {"header", "length", "checksum"}


@given(unit=UNIT, function=st.sampled_from([3, 4]), address=WORD, count=st.integers(1, 125))
def test_a_modbus_request_is_what_another_library_asks(
    unit: int, function: int, address: int, count: int
) -> None:
    address = min(address, 65_536 - count)  # no request goes beyond the last register
    theirs = ASKED_BY_MODBUS[function](dev_id=unit, address=address, count=count)

    assert MODBUS.buildFrame(theirs) == modbus_request(unit, function, address, count)


@given(
    unit=UNIT,
    function=st.sampled_from([3, 4]),
    registers=st.lists(WORD, min_size=1, max_size=125),
)
def test_a_modbus_answer_of_another_library_is_understood(
    unit: int, function: int, registers: list[int]
) -> None:
    frame = MODBUS.buildFrame(ANSWERED_BY_MODBUS[function](dev_id=unit, registers=registers))

    expected = {"unit": unit, "function": function, "registers": registers}
    assert expected == decode_frame(sensor_models()["modbus-rtu"], frame)


@given(unit=UNIT, function=st.sampled_from([3, 4]), code=st.integers(1, 11))
def test_a_modbus_exception_of_another_library_is_understood(
    unit: int, function: int, code: int
) -> None:
    frame = MODBUS.buildFrame(ExceptionResponse(function, code, device_id=unit))

    expected = {"unit": unit, "function": function, "exception": code}
    assert expected == decode_frame(sensor_models()["modbus-rtu"], frame)
