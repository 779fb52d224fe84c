"""What a probe makes of bytes: candidates, never one answer. The line itself: tests/integration."""

from __future__ import annotations

from typing import Final

import pytest

from firmware_bridge.findings import as_text, findings, hex_dump
from firmware_bridge.probe import DUMP_BYTES, Candidate, Heard
from firmware_bridge.questions import LineSetting, questions
from firmware_bridge.sensors import sensor_models
from sim.air import Air
from sim.frames import encoder_of, pms5003_frame, sds011_frame
from sim.instruments import Instrument, instrument_of

SLOW: Final = LineSetting(9600, "N")
AIR: Final = Air(3, 5, 6, 9, 20, t_c=30, rh=60, wind_mps=2, wind_deg=90)
PORT: Final = "/dev/serial/by-id/x"

# What would change something in a sensor: modes, settings, identities, sleep, cleaning, toggles.
CHANGING: Final = {
    b"\x42\x4d": {2: {0xE1, 0xE4}},
    b"\xaa\xb4": {2: {5, 6, 8}, 3: {1}},
    b"\x68": {2: {0x01, 0x02, 0x40, 0x20, 0x08}},
    b"\xff\x01": {2: {0x78, 0xA7}},
    b"\x11": {2: {0x0C}},
    b"\x81": {1: {0x15, 0x21, 0x22}},
    b"\x7e\x00": {2: {0x00, 0x01, 0x10, 0x11, 0x56, 0x80, 0xD3}},
    b"\x01": {1: {5, 6, 15, 16}},
}


def heard(*chunks: bytes, line: LineSetting = SLOW) -> Heard:
    at_line = Heard(line, [Candidate(model) for model in sensor_models().values()])
    for chunk in chunks:
        at_line.take(chunk)
    return at_line


@pytest.mark.parametrize("model", sorted(sensor_models()))
def test_every_model_is_among_the_candidates_for_its_own_frames(model: str) -> None:
    frame = encoder_of(model)(AIR).data

    found = {c.model.identifier: c for c in heard(b"\x00\xff", frame * 3).found()}

    assert model in found
    assert found[model].data_frames >= 2


def test_models_that_share_a_shape_are_all_candidates_and_none_is_chosen() -> None:
    at_line = heard(pms5003_frame(3, 5, 9) * 2)

    told = findings(PORT, [at_line])

    assert {"pms5003", "pms5003t", "pms5003s", "hpma115s0", "hpma115c0", "zh06", "sm-uart-04l"} == {
        *told.candidates
    }
    assert told.suggestion is not None
    assert 'model = "READ-THE-LABEL"  # one of: pms5003, ' in told.suggestion
    assert "READ THE MODEL FROM THE SENSOR'S LABEL" in as_text(PORT, [at_line])


def test_a_shape_of_one_model_is_suggested_but_still_to_be_compared() -> None:
    told = findings(PORT, [heard(sds011_frame(12, 34, 0xA160))])

    assert ["sds011"] == told.candidates
    assert [
        "[[sensors]]",
        'code = "CHOOSE-A-CODE"  # the sensor\'s code in the network file',
        'model = "sds011"  # compare with the label',
        'port = "/dev/serial/by-id/x"',
    ] == (told.suggestion or "").splitlines()


@pytest.mark.parametrize(
    ("model", "needed"),
    [("bam1020", "pm25, pm10 or tsp"), ("modbus-rtu", "docs/bridge/modbus.toml")],
)
def test_what_a_model_needs_beside_its_port_is_suggested_too(model: str, needed: str) -> None:
    at_line = heard(encoder_of(model)(AIR).data)

    assert needed in (findings(PORT, [at_line]).suggestion or "")


def test_a_speed_unlike_the_data_sheets_is_written_down() -> None:
    at_line = heard(sds011_frame(12, 34, 1), line=LineSetting(19_200, "N"))

    assert "baud = 19200  # the data sheet says 9600" in (
        findings(PORT, [at_line]).suggestion or ""
    )


def test_the_last_frame_is_shown_with_its_values_and_its_bytes() -> None:
    text = as_text(PORT, [heard(sds011_frame(1, 1, 1), sds011_frame(123, 456, 0xA160))])

    assert "9600 8N1: 20 bytes" in text
    assert "  sds011  2             2" in text
    assert "pm25 12.3  pm10 45.6  device_id A160" in text
    assert "  0000  aa c0 01 00 01 00 00 01 03 ab aa c0 7b 00 c8 01" in text


def test_acknowledgements_without_a_check_sum_are_no_evidence() -> None:
    assert [] == heard(b"\xa5\xa5\x96\x96").found()


def test_an_answer_without_values_is_evidence_of_the_model() -> None:
    (found,) = heard(bytes.fromhex("7E 00 03 43 00 B9 7E")).found()

    assert ("sps30", 1, 0) == (found.model.identifier, found.frames, found.data_frames)


def test_only_the_first_bytes_are_kept_and_all_are_counted() -> None:
    at_line = heard(b"\x01" * 1000, b"\x02" * 1000)

    assert (2000, b"\x01" * DUMP_BYTES) == (at_line.received_bytes, at_line.first_bytes)


def test_silence_is_answered_with_what_to_look_at() -> None:
    told = findings(PORT, [heard()])

    assert ([], None) == (told.candidates, told.suggestion)
    assert "Has the sensor power?" in as_text(PORT, [heard()])


def test_bytes_that_nobody_knows_are_shown() -> None:
    text = as_text(PORT, [heard(b"hello, world")])

    assert "Bytes came, but no whole frame" in text
    assert "|hello..world|" not in text
    assert "|hello,.world|" in text


def test_an_echo_is_told_as_wires_that_lead_into_each_other() -> None:
    at_line = heard(b"\x11\x02\x0b\x07\xdb")
    at_line.echoes = True

    assert "TX leads into its own RX" in as_text(PORT, [at_line])


def test_a_dump_has_sixteen_bytes_a_line() -> None:
    assert [
        "  0000  " + " ".join(["41"] * 16) + "  |AAAAAAAAAAAAAAAA|",
        "  0010  0a" + " " * 47 + "|.|",
    ] == list(hex_dump(b"A" * 16 + b"\n"))


def test_no_question_changes_anything_in_any_sensor() -> None:
    changing = [
        question.asks
        for question in questions()
        for start, places in CHANGING.items()
        if question.data.startswith(start)
        for at, commands in places.items()
        if question.data[at] in commands
    ]

    assert [] == changing


def lived(model: str, *asked: bytes) -> tuple[Instrument, bytes, bytes]:
    """A sensor that is asked after its first hour; what it says from then on, and at the end."""
    instrument, questions_left = instrument_of(model), list(asked)
    instrument.power_up(0)
    for now_s in range(0, 3600, 10):
        instrument.send(now_s, AIR)
    answers = b""
    for now_s in range(3600, 3700):
        if questions_left and now_s % 3 == 0:
            answers += instrument.hear(questions_left.pop(0), now_s)
        answers += instrument.send(now_s, AIR)
    return instrument, answers, b"".join(instrument.send(s, AIR) for s in range(3700, 3720))


@pytest.mark.parametrize("model", sorted(sensor_models()))
def test_a_sensor_that_heard_every_question_is_as_it_was(model: str) -> None:
    asked, _, afterwards = lived(model, *(question.data for question in questions()))
    alone, _, otherwise = lived(model)

    assert (alone.laser_s, 0, otherwise) == (asked.laser_s, asked.flash_writes, afterwards)


@pytest.mark.parametrize(
    "model", sorted({name for question in questions() for name in question.models})
)
def test_every_sensor_that_can_be_asked_shows_itself_by_its_answers(model: str) -> None:
    for line in {question.line for question in questions() if model in question.models}:
        asked = [question.data for question in questions() if question.line == line]
        _, answers, _ = lived(model, *asked)

        assert model in [c.model.identifier for c in heard(answers, line=line).found()]


def test_every_question_is_of_a_model_that_is_known() -> None:
    assert set() == {name for question in questions() for name in question.models} - {
        *sensor_models()
    }


def test_the_sensor_inside_a_lamp_is_never_asked() -> None:
    assert [] == [question for question in questions() if "pm1006" in question.models]
