"""Captured and documented frames, decoded digit for digit (tests/golden/frames)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameStream
from firmware_bridge.sensors import sensor_model
from firmware_bridge.sensors.cubic import cubic_command
from firmware_bridge.sensors.honeywell import hpma_command
from firmware_bridge.sensors.modbus import Register, modbus_request, read_registers
from firmware_bridge.sensors.nova import sds_command
from firmware_bridge.sensors.plantower import pms_command
from firmware_bridge.sensors.sensirion import shdlc_command
from firmware_bridge.sensors.tera import nextpm_command
from firmware_bridge.sensors.winsen import zh_command

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[2] / "golden" / "frames"
VECTORS: list[dict[str, Any]] = [
    vector
    for path in sorted(GOLDEN.glob("*.json"))
    for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]
]
SENT = [v for v in VECTORS if v["direction"] == "from_sensor"]
COMMANDS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "pmscmd": lambda e: pms_command(int(e["cmd"], 16), e["data"]),
    "sdscmd": lambda e: sds_command(e["cmd"], bytes.fromhex(e["data"]), int(e["target_id"], 16)),
    "hpmacmd": lambda e: hpma_command(int(e["cmd"], 16), bytes.fromhex(e["data"])),
    "shdlccmd": lambda e: shdlc_command(e["command"], bytes.fromhex(e["data"]), e["address"]),
    "zhcmd": lambda e: zh_command(int(e["cmd"], 16), e["data"]),
    "cubiccmd": lambda e: cubic_command(int(e["cmd"], 16), bytes.fromhex(e["data"])),
    "nextpmcmd": lambda e: nextpm_command(int(e["cmd"], 16)),
    "modbusreq": lambda e: modbus_request(e["unit"], e["function"], e["address"], e["count"]),
}


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


STREAMS = named([v for v in SENT if v["protocol"] == "stream"])
REFUSED = named([v for v in SENT if v.get("must_reject")])
DECODED = named([v for v in SENT if v["protocol"] != "stream" and not v.get("must_reject")])
ASKED = named([v for v in VECTORS if v["direction"] == "to_sensor"])


def test_every_vector_is_looked_at_once_and_names_its_source_and_licence() -> None:
    assert 114 == len(VECTORS) == len({vector["id"] for vector in VECTORS})
    assert len(VECTORS) == len(STREAMS) + len(REFUSED) + len(DECODED) + len(ASKED)
    assert all(vector["source"] and vector["source_licence"] for vector in VECTORS)


@pytest.mark.parametrize("vector", DECODED)
def test_a_frame_says_what_its_source_says(vector: dict[str, Any]) -> None:
    decoded = decode_frame(sensor_model(vector["model"]), bytes.fromhex(vector["hex"]))

    assert vector["expected"] == {name: decoded.get(name) for name in vector["expected"]}


@pytest.mark.parametrize("vector", DECODED)
@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_frame_is_found_in_a_stream_unless_it_comes_only_when_asked_for(
    vector: dict[str, Any], chunk: int
) -> None:
    model, content = sensor_model(vector["model"]), bytes.fromhex(vector["hex"])
    stream = FrameStream(model.frame_format)

    found = [f for at in range(0, len(content), chunk) for f in stream.feed(content[at:][:chunk])]

    asked_for = vector["protocol"] in {"modbus", "davistime"}
    assert ([] if asked_for else [content]) == found


@pytest.mark.parametrize("vector", REFUSED)
def test_a_broken_frame_is_refused_with_the_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model(vector["model"]), bytes.fromhex(vector["hex"]))

    assert vector["expected"]["reject"] == caught.value.reason


@pytest.mark.parametrize("vector", STREAMS)
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_a_stream_gives_its_whole_data_frames(vector: dict[str, Any], chunk: int) -> None:
    model, content = sensor_model(vector["model"]), bytes.fromhex(vector["hex"])
    stream = FrameStream(model.frame_format)

    found = [
        frame
        for at in range(0, len(content), chunk)
        for frame in stream.feed(content[at : at + chunk])
        if model.is_data(model.decode(frame))
    ]

    assert vector["expected"]["frames"] == [frame.hex().upper() for frame in found]


@pytest.mark.parametrize("vector", ASKED)
def test_a_command_is_built_byte_for_byte(vector: dict[str, Any]) -> None:
    built = COMMANDS[vector["protocol"]](vector["expected"])

    assert vector["hex"] == built.hex().upper()


def test_a_table_reads_the_numbers_of_a_modbus_answer() -> None:
    (vector,) = (v for v in VECTORS if "decoded_low_word_first_div_1000" in v)
    expected = vector["decoded_low_word_first_div_1000"]
    table = {
        f"r{at}": Register(2 * at, step=0.001, low_word_first=True) for at in range(len(expected))
    }

    assert expected == list(read_registers(table, vector["expected"]["registers"]).values())
