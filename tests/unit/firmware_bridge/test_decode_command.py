"""`dust decode`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from dust.errors import BadInput
from firmware_bridge.decode import command
from firmware_bridge.sensors import sensor_models
from sim.frames import sds011_frame


def decode(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(command, arguments, input=stdin, catch_exceptions=False)


def test_each_line_of_hex_becomes_one_json_object() -> None:
    frame = sds011_frame(123, 456, 0xA160).hex()

    result = decode("--sensor", "sds011", stdin=f"{frame}\n\n  {frame.upper()}  \n")

    expected = {"pm25": 12.3, "pm10": 45.6, "device_id": "A160"}
    assert [expected, expected] == [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AAC0D4041DAB", "length"),
        ("AAC0D4043A0AA16000AB", "checksum"),
        ("AAC0D4043A0AA1601DAC", "tail"),
        ("424D", "header"),
        ("xyz", "hex"),
        ("AAC", "hex"),
    ],
)
def test_a_bad_line_answers_with_its_error_and_the_next_is_decoded(line: str, error: str) -> None:
    good = sds011_frame(1, 2, 3).hex()

    result = decode("--sensor", "sds011", stdin=f"{line}\n{good}\n")

    first, second = (json.loads(answer) for answer in result.stdout.splitlines())
    assert error == first["error"]
    assert first["detail"]
    assert 0.1 == second["pm25"]
    assert 0 == result.exit_code


def test_a_line_that_is_no_text_is_a_bad_line_like_any_other() -> None:
    good = sds011_frame(1, 2, 3).hex().encode()

    result = decode("--sensor", "sds011", stdin=b"\xff\xfe\n" + good)

    first, second = (json.loads(answer) for answer in result.stdout.splitlines())
    assert "hex" == first["error"]
    assert 0.1 == second["pm25"]


def test_the_models_can_be_listed() -> None:
    assert list(sensor_models()) == decode("--list").stdout.split()


def test_without_a_model_it_says_how_to_name_one() -> None:
    result = decode()

    assert 2 == result.exit_code
    assert "--sensor" in result.output


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    with pytest.raises(BadInput, match="one of pms5003, sds011"):
        decode("--sensor", "pms1")
