"""The player on real pseudo-terminals: every frame is read at the very instant it was sent for."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from fixtures.ports import wait_until
from integration.port_reader import take_what_comes

from dust.clock import ReplayClock, ReplayClockHand, SystemClock
from sim.player import Player, Stop
from sim.pseudo_terminal import PseudoTerminal
from sim.sensors import Emission
from sim.sent_record import SentRecord
from sim.time_line import TimeLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE_MS = 60_000
STOPPED_WITHIN_S = 5  # generous: other tests are at work at the same time
PLANTOWER = ("pms-24t", "pms-v1", "pms-f2", "pms-bench")
NOVA = ("sds-v2", "sds-f1", "sds-bench")


@contextmanager
def replay(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A running `dust sim play` whose ports are ready; killed if it is still there at the end."""
    arguments: list[str | Path] = ["--ports", folder / "ports", "--clock", folder / "clock"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sim",
            "play",
            "na_phra_lan",
            *arguments,
            "--sent",
            folder / "sent.csv",
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until((folder / "ports" / "ready").exists, "the ports of the replay")
        yield process
    finally:
        process.kill()
        process.communicate()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stop_time_s(process: subprocess.Popen[str], number: signal.Signals) -> float:
    began_s = time.monotonic()
    process.send_signal(number)
    process.wait(10)
    return time.monotonic() - began_s


def plantower_levels(data: bytes) -> list[str]:
    """The atmospheric words of every frame whose sum is right."""
    frames = [data[at : at + 32] for at in range(len(data) - 31)]
    return [
        ",".join(str(frame[at] * 256 + frame[at + 1]) for at in (10, 12, 14))
        for frame in frames
        if frame[:4] == b"\x42\x4d\x00\x1c"
        if sum(frame[:30]) == frame[30] * 256 + frame[31]
    ]


def nova_levels(data: bytes) -> list[str]:
    """The two levels of every data frame whose sum is right."""
    frames = [data[at : at + 10] for at in range(len(data) - 9)]
    return [
        f",{(frame[2] + frame[3] * 256) / 10:.1f},{(frame[4] + frame[5] * 256) / 10:.1f}"
        for frame in frames
        if (frame[0], frame[1], frame[9]) == (0xAA, 0xC0, 0xAB)
        if sum(frame[2:8]) % 256 == frame[8]
    ]


def recorded(path: Path) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line in path.read_text().splitlines()[1:]:
        sensor, stamp_ms, levels = line.split(",", 2)
        found[sensor].append((int(stamp_ms), levels))
    return found


def test_every_frame_is_read_at_the_instant_it_is_recorded_for(tmp_path: Path) -> None:
    with replay(tmp_path, "--history-hours", "3", "--for", "2.5", "--json") as process:
        taken = take_what_comes(tmp_path)
        sent = recorded(tmp_path / "sent.csv")
        report = json.loads((tmp_path / "ports" / "finished.json").read_text())
        clock_ms = ReplayClock(tmp_path / "clock").now_ms()
        stopped_in_s = stop_time_s(process, signal.SIGTERM)
        output, errors = process.communicate()

    for name in PLANTOWER + NOVA:
        decode = plantower_levels if name in PLANTOWER else nova_levels
        read = [(t, levels) for t, data in taken[name].items() for levels in decode(data)]
        assert sent[name] == read
    assert report["frames"] == sum(map(len, sent.values()))
    assert report == json.loads(output)
    assert "" == errors
    assert 180 <= report["history_ticks"] <= 240
    assert 2 <= report["live_ticks"] <= 3
    history_ms = sorted(taken["pms-bench"])[: report["history_ticks"]]
    assert {30_000} == {stamp_ms % MINUTE_MS for stamp_ms in history_ms}
    assert list(range(history_ms[0], history_ms[-1] + 1, MINUTE_MS)) == history_ms
    assert report["last_ms"] // MINUTE_MS * MINUTE_MS + MINUTE_MS + 1000 == clock_ms
    assert stopped_in_s < STOPPED_WITHIN_S
    assert ["finished.json", "go"] == names_in(tmp_path / "ports")
    assert 0 == process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("go", [False, True])
def test_a_signal_ends_it_within_a_second_and_leaves_no_port_behind(
    tmp_path: Path, number: signal.Signals, *, go: bool
) -> None:
    """Once in three goes at least: a busy machine adds to the time, but not always."""
    for name in ("first", "second", "third"):
        stopped_in_s = ended_by(number, tmp_path / name, go=go)
        if stopped_in_s < 1:
            break

    assert stopped_in_s < 1


def ended_by(number: signal.Signals, folder: Path, *, go: bool) -> float:
    """How long it took; what must be left has been looked at."""
    folder.mkdir()
    ports = folder / "ports"
    with replay(folder) as process:
        if go:  # nobody reads, so that it waits for readers
            (ports / "go").touch()
            hand = ReplayClock(folder / "clock")
            wait_until(lambda: hand.now_ms() % MINUTE_MS == 30_000, "the first tick")
        stopped_in_s = stop_time_s(process, number)

    assert 0 == process.returncode
    assert ["go"] * go == names_in(ports)
    assert ["sensor,t_ms,pm1,pm25,pm10"] == (folder / "sent.csv").read_text().splitlines()
    return stopped_in_s


def test_what_an_earlier_run_left_behind_does_not_start_this_one(tmp_path: Path) -> None:
    ports = tmp_path / "ports"
    ports.mkdir()
    (ports / "go").touch()
    (ports / "pms-24t").symlink_to("/dev/nowhere")

    with replay(tmp_path):
        assert (ports / "pms-24t").resolve().is_char_device()
        assert not (ports / "go").exists()


def test_a_file_with_a_sensors_name_is_not_replaced(tmp_path: Path) -> None:
    ports = tmp_path / "ports"
    ports.mkdir()
    (ports / "pms-24t").write_text("mine")
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "sim",
            "play",
            "na_phra_lan",
            "--ports",
            ports,
            "--clock",
            tmp_path / "clock",
            "--sent",
            tmp_path / "sent.csv",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert 2 == process.returncode
    assert "pms-24t" in process.stderr
    assert "mine" == (ports / "pms-24t").read_text()


class Counting:
    """Sends one numbered byte pair a tick."""

    def __init__(self, sensor_id: str) -> None:
        self.id = sensor_id
        self._sent = 0

    def emission(self, instant_ms: int) -> Emission | None:  # noqa: ARG002  (same at any instant)
        self._sent += 1
        return Emission(b"\xaa" + bytes([self._sent % 256]), (f"{self._sent},,",))


class LateHistory(SystemClock):
    """A machine whose real now is some minutes after the epoch."""

    def now_ms(self) -> int:
        return 5 * MINUTE_MS


def drain(path: str, stop: threading.Event, into: list[bytes]) -> None:
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    poll = select.poll()
    poll.register(port, select.POLLIN)
    while not stop.is_set():
        if poll.poll(20):
            into.append(os.read(port, 4096))
    os.close(port)


@contextmanager
def reader(terminal: PseudoTerminal) -> Iterator[list[bytes]]:
    stop = threading.Event()
    taken: list[bytes] = []
    thread = threading.Thread(target=drain, args=(terminal.device, stop, taken))
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


@contextmanager
def player_of_two(folder: Path) -> Iterator[tuple[Player, list[PseudoTerminal], list[Any], Stop]]:
    clock = LateHistory()
    heard = structlog.testing.LogCapture()
    log = structlog.wrap_logger(
        None, processors=[heard], wrapper_class=structlog.make_filtering_bound_logger("info")
    )
    terminals = [PseudoTerminal("here"), PseudoTerminal("gone")]
    lines = [(Counting(terminal.sensor_id), terminal) for terminal in terminals]
    stop = Stop(clock)
    with closing(SentRecord(folder / "sent.csv")) as record:
        hand = ReplayClockHand(folder / "clock")
        yield (
            Player(lines, hand, record, clock, stop, log, stall_s=0.3),
            terminals,
            heard.entries,
            stop,
        )
    for terminal in terminals:
        terminal.close()


def test_a_port_whose_reader_has_gone_is_left_out_and_holds_nobody_up(tmp_path: Path) -> None:
    with player_of_two(tmp_path) as (player, terminals, log, _stop), reader(terminals[0]) as taken:
        player.play_history(TimeLine(0, 0), lambda _hours: None)

    assert b"\xaa\1\xaa\2\xaa\3\xaa\4\xaa\5" == b"".join(taken)
    assert [(30_000 + tick * MINUTE_MS, f"{tick + 1},,") for tick in range(5)] == (
        recorded(tmp_path / "sent.csv")["here"]
    )
    assert [] == recorded(tmp_path / "sent.csv")["gone"]
    assert [("reader_gone", "gone")] == [(line["event"], line["sensor"]) for line in log]


def test_a_reader_that_comes_back_is_fed_again_and_gets_nothing_stale(tmp_path: Path) -> None:
    with player_of_two(tmp_path) as (player, terminals, log, stop), reader(terminals[0]):
        player.play_history(TimeLine(0, 0), lambda _hours: None)
        with reader(terminals[1]) as taken:
            feeding = threading.Thread(target=player.play_live)
            feeding.start()
            wait_until(lambda: len(taken) > 1, "a frame for the reader that came back")
            stop.request()
            feeding.join()

    assert ["reader_gone", "reader_back"] == [line["event"] for line in log]
    stale, *frames = taken
    assert b"\0" == stale  # the probe; the frame that nobody took is not there
    assert [levels for _, levels in recorded(tmp_path / "sent.csv")["gone"]] == [
        f"{frame[1]},," for frame in frames
    ]


def test_bytes_pass_unchanged_and_are_not_echoed() -> None:
    terminal = PseudoTerminal("raw")
    every_byte = bytes(range(256))
    port = os.open(terminal.device, os.O_RDWR | os.O_NOCTTY)
    terminal.send(every_byte)
    select.select([port], [], [], 5)

    assert every_byte == os.read(port, 4096)
    os.write(port, b"\x42\x4d\xe2")  # a command to the sensor
    terminal.discard_replies()
    assert ([], [], []) == select.select([port], [], [], 0)
    os.close(port)
    terminal.close()
