"""`dust decode` on a tapped line: what the host says, pieces of a stream, what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmware_bridge.decode import command
from sim.air import Air
from sim.frames import encoder_of, pms5003_frame

GOLDEN = Path(__file__).parents[2] / "golden" / "frames"
MODELS_ASKED = {
    "pmscmd": "pms5003",
    "sdscmd": "sds011",
    "hpmacmd": "hpma115s0",
    "shdlccmd": "sps30",
    "zhcmd": "zh03b",
    "cubiccmd": "pm2008",
    "nextpmcmd": "nextpm",
    "modbusreq": "modbus-rtu",
}
ASKED = [
    pytest.param(vector, id=vector["id"])
    for path in sorted(GOLDEN.glob("*.json"))
    for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]
    if vector["protocol"] in MODELS_ASKED
]


def decode(model: str, *lines: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(
        command, ["--sensor", model], input="\n".join(lines), catch_exceptions=False
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("vector", ASKED)
def test_a_host_s_command_on_a_tapped_line_is_read_back(vector: dict[str, Any]) -> None:
    (answer,) = decode(MODELS_ASKED[vector["protocol"]], vector["hex"])

    assert vector["expected"] == answer


@pytest.mark.parametrize("model", ["sps30", "pms5003", "davis-vantage", "sds011"])
def test_a_command_of_another_maker_is_none(model: str) -> None:
    (answer,) = decode(model, "FF01A7010000000057")

    assert "error" in answer


def test_a_piece_of_a_line_gives_its_whole_data_frames() -> None:
    ack, data = "424D0004E1000174", pms5003_frame(1, 2, 3).hex().upper()

    assert [{"frames": [data, data]}] == decode("pms5003", f"00FF{data}42{ack}{data}4D")


def test_an_answer_may_come_with_the_acknowledgement_before_it() -> None:
    packet = encoder_of("davis-vantage")(Air(1, 2, 3, 4, 5, wind_mps=4, wind_deg=90)).data

    alone, acknowledged = decode("davis-vantage", packet.hex(), "06" + packet.hex())

    assert alone == acknowledged
    assert "error" not in alone


@pytest.mark.parametrize(
    ("model", "content", "error"),
    [
        ("hpma115s0", "40060400030004B0", "length"),
        ("pm1006", "16", "length"),
        ("pm1006", "17110B", "header"),
        ("sps30", "7E00030000FC7D7E", "length"),
        ("davis-vantage", "584F4F" + "00" * 96, "header"),
        ("windsonic", "02512C2B3030302E30312C2D3030302E30322C4D2C30302C0333350D0A", None),
        ("nmea-wind", b"$WIMWV,-10.0,R,0.1,K,A*3B\r\n".hex(), None),
    ],
)
def test_what_cannot_be_is_refused_by_its_reason_or_is_no_data(
    model: str, content: str, error: str | None
) -> None:
    (answer,) = decode(model, content)

    assert error == answer.get("error")
    assert "wind_mps" not in answer


def test_a_climate_below_zero_is_told_so() -> None:
    assert [-5.0] == [answer["temperature_c"] for answer in decode("nextpm", "811400FE0C27102A")]
