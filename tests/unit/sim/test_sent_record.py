"""The sent record and the expectation worked out from it."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile
from sim.expectation import expectation, read_deployed, write_expectation
from sim.oracle import Deployed, SentFrame
from sim.sent_record import SentRecord, read_sent

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = """
[[stations]]
code = "village"
[[sensors]]
code = "pms-a"
model = "pms5003"
[[deployments]]
sensor = "pms-a"
station = "village"
"""


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "sent.csv"
    with closing(SentRecord(path)) as record:
        record.add("pms-a", 30_000, "1,2,3")
        record.add("sds-b", 30_000, ",2.0,3.5")

    assert "sensor,t_ms,pm1,pm25,pm10\npms-a,30000,1,2,3\nsds-b,30000,,2.0,3.5\n" == (
        path.read_text()
    )
    assert [
        SentFrame("pms-a", 30_000, Decimal(1), Decimal(2), Decimal(3)),
        SentFrame("sds-b", 30_000, None, Decimal("2.0"), Decimal("3.5")),
    ] == list(read_sent(path))


@pytest.mark.parametrize("line", ["pms-a,x,1,2,3", "pms-a,1,2,3", "pms-a,1,2,3,y"])
def test_a_line_of_another_form_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "sent.csv"
    path.write_text(f"sensor,t_ms,pm1,pm25,pm10\npms-a,1,2,3,4\n{line}\n")

    with pytest.raises(BadFile, match=r"sent\.csv: line 3"):
        list(read_sent(path))


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sent.csv"
    path.write_text("a,b\n")

    with pytest.raises(BadFile, match="header = 'a,b'"):
        list(read_sent(path))


def test_the_expectation_is_written_as_json(tmp_path: Path) -> None:
    sent, network, out = (tmp_path / name for name in ("sent.csv", "network.toml", "out.json"))
    sent.write_text("sensor,t_ms,pm1,pm25,pm10\npms-a,30000,1,2,3\nfar-away,30000,,1.5,2.5\n")
    network.write_text(NETWORK)

    write_expectation(expectation(sent, network, "na_phra_lan", 2**41), out)

    assert {
        "readings": [["far-away", 59_999, 1, None, 1.5, 2.5], ["pms-a", 59_999, 1, 1.0, 2.0, 3.0]],
        "hours": [["village", pollutant, 0, None, 1] for pollutant in ("pm1", "pm10", "pm25")],
        "days": [
            ["village", pollutant, "1970-01-01", None, 0] for pollutant in ("pm1", "pm10", "pm25")
        ],
        "exceedances": [],
    } == json.loads(out.read_text())


def test_only_what_is_needed_of_the_network_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    path.write_text(NETWORK)

    assert {"pms-a": Deployed("village", "pms5003")} == read_deployed(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensors = 3", "sensors = 3"),
        ("[[sensors]]\ncode = 3", r"sensors\[1\]\.code = 3"),
        ('[[deployments]]\nsensor = "b"\nstation = "c"', r"deployments\[1\]\.sensor = 'b'"),
        (NETWORK + '[[deployments]]\nsensor = "pms-a"\nstation = "c"', r"deployments\[2\]"),
        ("[", "valid TOML"),
    ],
)
def test_a_network_file_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "network.toml"
    path.write_text(text)

    with pytest.raises(BadFile, match=rf"network\.toml: .*{said}"):
        read_deployed(path)
