"""The made world through the commands: on virtual ports, into files, and shown to people."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from integration.port_reader import take_what_comes

from sim.scenario import shipped

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS = [path.stem for path in shipped()]


def sim(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def records(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def played(folder: Path, scenario: str | Path, *options: str) -> dict[str, dict[int, bytes]]:
    """Plays to the end; the bytes of each port by the instant that the clock showed."""
    files = ("--clock", folder / "clock", "--sent", folder / "sent.csv")
    command = [sys.executable, "-m", "sim", "play", scenario, "--ports", folder / "ports", *files]
    process = subprocess.Popen([*map(str, command), *options])
    try:
        wait_until((folder / "ports" / "ready").exists, "the ports")
        return take_what_comes(folder)
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("scenario", ["burning_season", "blast_and_rain", "broken_week"])
def test_the_made_worlds_play_on_ports_and_end_by_themselves(tmp_path: Path, scenario: str) -> None:
    came = played(tmp_path, scenario, "--history-hours", "14")
    sent = records(tmp_path / "sent.csv")[1:]
    report = json.loads((tmp_path / "ports" / "finished.json").read_text())

    assert 14 * 60 == report["history_ticks"]
    assert 0 == report["live_ticks"]
    assert len(sent) == report["frames"]
    assert {sensor for sensor, data in came.items() if data} == {line[0] for line in sent}
    if scenario != "broken_week":
        assert all(
            {int(t) for name, t, *_ in sent if name == sensor} == set(came[sensor])
            for sensor in came
        )


def test_frames_in_a_file_are_those_of_the_ports(tmp_path: Path) -> None:
    out, sent = tmp_path / "frames.csv", tmp_path / "file_sent.csv"
    came = played(tmp_path, "blast_and_rain", "--history-hours", "2")
    options = ("--frames", "--hours", "2", "--sent", sent)

    assert 0 == sim("write", "blast_and_rain", "--out", out, *options).returncode
    written: dict[str, dict[int, bytes]] = defaultdict(dict)
    for sensor, instant, data in records(out):
        written[sensor][int(instant)] = bytes.fromhex(data)
    assert written == came
    assert records(sent) == records(tmp_path / "sent.csv")


JUMP = """# A clock that leaps.
sampling_interval_s = 60
seed = 1
start = 2026-03-02T00:00:00+07:00
hours = 1
[[stations]]
id = "a"
[[sensors]]
id = "pms-a"
model = "pms5003"
signal = "synthetic"
station = "a"
[[faults]]
kind = "clock_jump"
by_s = 600
from_h = 0.5
to_h = 1
"""


def test_a_clock_that_leaps_is_recorded_as_the_gateway_saw_it(tmp_path: Path) -> None:
    scenario = tmp_path / "jump.toml"
    scenario.write_text(JUMP)
    came = played(tmp_path, scenario)
    start_ms = min(came["pms-a"])
    sent = [int(line[1]) for line in records(tmp_path / "sent.csv")[1:]]

    assert sorted(came["pms-a"]) == sent
    assert [*range(30), *range(40, 70)] == [(t - start_ms) // 60_000 for t in sent]


def test_a_clock_fault_of_one_gateway_cannot_be_played_on_ports(tmp_path: Path) -> None:
    scenario = tmp_path / "jump.toml"
    gateways = '[[gateways]]\nid = "gw-a"\n[[gateways]]\nid = "gw-b"\n[[stations]]'
    scenario.write_text(JUMP.replace("[[stations]]", gateways) + 'gateways = ["gw-a"]\n')
    files = ("--ports", tmp_path, "--clock", tmp_path / "clock", "--sent", tmp_path / "sent.csv")
    done = sim("play", scenario, *files)

    assert 2 == done.returncode
    assert "faults[1].gateways = ('gw-a',): allowed is all gateways" in done.stderr


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_readings_are_written_as_lines_of_the_wires_form(tmp_path: Path, scenario: str) -> None:
    out = tmp_path / "readings.jsonl"
    done = sim("write", scenario, "--out", out, "--hours", "10", "--json")
    lines = [json.loads(line) for line in out.read_text().splitlines()]

    assert (0, "") == (done.returncode, done.stderr)
    assert len(lines) == json.loads(done.stdout)["lines"]
    assert all({"seq", "sensor", "t"} < set(line) for line in lines)
    repeated = Counter((line["sensor"], line["seq"]) for line in lines)
    assert {1} == set(repeated.values())


def test_the_shipped_scenarios_are_listed_with_a_line_each() -> None:
    lines = sim("list").stdout.splitlines()

    assert SCENARIOS == [line.split()[0] for line in lines]
    assert all(len(line) > 40 for line in lines)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_is_shown_with_its_sensors_and_its_first_day(scenario: str) -> None:
    done = sim("show", scenario)

    assert (0, "") == (done.returncode, done.stderr)
    assert "pms" in done.stdout
    assert ("█" in done.stdout) == (scenario != "na_phra_lan")


def test_what_is_wrong_is_told_in_a_line(tmp_path: Path) -> None:
    out = tmp_path / "out"

    assert "error: nowhere: scenario = 'nowhere'" in sim("show", "nowhere").stderr
    assert 2 == sim("write", "nowhere", "--out", out).returncode
    assert "--sent goes with --frames" in sim(
        "write", "burning_season", "--out", out, "--sent", tmp_path / "sent"
    ).stderr.replace("\n", " ")
