"""`dust bench gateway` as a process: every figure is there, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from fixtures.ports import wait_until
from integration.mqtt_peer import peer

from firmware_bridge.bench.broker import running_broker
from firmware_bridge.bench.figures import GatewayFigures
from firmware_bridge.bench.peer import Heard, Peer

if TYPE_CHECKING:
    from fixtures.broker import Mosquitto

BENCH = [sys.executable, "-m", "firmware_bridge.bench"]
SMALL = ["--sensors", "3", "--seconds", "0.5", "--settle", "0", "--readings", "2000"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BENCH, *SMALL, "--folder", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def numbers(tree: object) -> list[float]:
    if isinstance(tree, dict):
        return numbers(list(tree.values()))
    if isinstance(tree, list):
        return [number for part in tree for number in numbers(part)]
    return [tree] if isinstance(tree, int | float) else []


def test_a_small_run_has_every_figure_and_misses_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "--json")

    assert (0, "") == (done.returncode, done.stderr)
    figures = msgspec.json.decode(done.stdout, type=GatewayFigures)
    assert [0, 60] == [steady.sampling_interval_s for steady in figures.steady]
    for steady in figures.steady:
        assert 0 < steady.frames_sent == steady.frames_stored
        assert 0 == steady.frames_missing
        assert 0 <= steady.bridge_processor_pct < 200
        assert 5 < steady.bridge_memory_mb <= steady.bridge_peak_memory_mb
    assert figures.steady[0].frames_sent == figures.steady[0].readings
    assert [1, 20, 500] == [put.group for put in figures.put]
    assert (2000, 0, 0) == (figures.drain.readings, figures.drain.missing, figures.drain.repeats)
    assert figures.drain.slowest_per_s <= figures.drain.readings_per_s
    assert figures.drain.readings_per_s <= figures.drain.fastest_per_s
    assert all(number >= 0 for number in numbers(json.loads(done.stdout)))
    assert [] == list(tmp_path.iterdir())


def test_a_broker_that_is_given_is_used_and_keeps_nothing(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    folder = tmp_path / "bench"
    folder.mkdir()

    done = run(folder, "--broker", f"{mosquitto.host}:{mosquitto.port}")

    assert (0, "") == (done.returncode, done.stderr)
    assert f"given: {mosquitto.host}:{mosquitto.port}" in " ".join(done.stdout.split())
    assert [] == list(folder.iterdir())
    with peer(mosquitto, "dust/#") as late:
        late.publish("dust/behind-what-is-retained", b"")
        wait_until(lambda: bool(late.messages), "the message of our own")
    assert ["dust/behind-what-is-retained"] == [topic for topic, _ in late.messages]


def test_a_broker_that_does_not_answer_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--broker", "127.0.0.1:1")

    assert 1 == done.returncode
    assert "('127.0.0.1', 1)" in done.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process_and_no_file(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [*BENCH, "--seconds", "60", "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as bench:
        wait_until(lambda: any(tmp_path.glob("*/steady-0/spool.sqlite")), "the bridge")
        children = children_of(bench.pid)
        bench.send_signal(number)
        bench.communicate(timeout=60)

    assert len(children) >= 1
    assert [] == [child for child in children if Path(f"/proc/{child}").exists()]
    assert 130 == bench.returncode
    assert [] == list(tmp_path.iterdir())


def children_of(pid: int) -> list[int]:
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if parent_in(stat) == pid
    ]


def parent_in(stat: Path) -> int | None:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_the_broker_of_the_wheel_does_where_there_is_no_mosquitto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("iotcore")
    monkeypatch.setattr("firmware_bridge.bench.broker.shutil.which", lambda *_, **__: None)
    heard: list[Heard] = []

    with ExitStack() as parts:
        broker = parts.enter_context(running_broker(tmp_path))
        parts.enter_context(Peer(broker.host, broker.port, "bench-wheel", heard.append))

        assert broker.name.startswith("rumqttd")
