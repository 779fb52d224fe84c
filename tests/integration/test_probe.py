"""`dust bridge --probe` at a pseudo-terminal whose other end plays the sensor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

from firmware_bridge.__main__ import command
from firmware_bridge.errors import PortUnavailable
from firmware_bridge.findings import as_text
from firmware_bridge.probe import LINES, Heard, Probe
from firmware_bridge.sensors import sensor_model, sensor_models
from sim.air import Air
from sim.frames import encoder_of, pms5003_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.pty import PseudoTerminal

LISTEN_S: Final = 0.15
ANSWER_S: Final = 0.15
AIR: Final = Air(3, 5, 6, 9, 20)


@pytest.fixture
def port(pseudo_terminal: Callable[[], PseudoTerminal]) -> PseudoTerminal:
    return pseudo_terminal()


@contextmanager
def sensor(port: PseudoTerminal, reply: Callable[[bytes], bytes]) -> Iterator[None]:
    """Plays the sensor: `reply` says what follows on what was heard (b"": nothing, for a while)."""
    stopping = threading.Event()

    def play() -> None:
        while not stopping.is_set():
            port.write(reply(port.read(timeout_s=0.02)))

    player = threading.Thread(target=play)
    player.start()
    try:
        yield
    finally:
        stopping.set()
        player.join()


def probed(port: PseudoTerminal, *models: str) -> list[Heard]:
    known = [sensor_model(name) for name in models] or list(sensor_models().values())
    return Probe(port.path, known, LISTEN_S, ANSWER_S).run(lambda *_: None)


def test_a_sensor_that_sends_by_itself_is_heard_and_nothing_is_asked(port: PseudoTerminal) -> None:
    asked: list[bytes] = []

    def sends(heard: bytes) -> bytes:
        asked.append(heard)
        return pms5003_frame(3, 5, 9)

    with sensor(port, sends):
        heard = probed(port)

    assert heard[0].frames >= 2
    assert "pms5003" in [candidate.model.identifier for candidate in heard[0].found()]
    assert b"" == b"".join(asked)
    assert [0] * (len(LINES) - 1) == [later.received_bytes for later in heard[1:]]


@pytest.mark.parametrize(
    ("model", "question"),
    [
        ("hpma115s0", b"\x68\x01\x04\x93"),
        ("pm2008", b"\x11\x02\x0b\x07\xdb"),
        ("sps30", b"\x7e\x00\x03\x00\xfc\x7e"),
        ("nextpm", b"\x81\x11\x6e"),
        ("davis-vantage", b"LOOP 1\n"),
    ],
)
def test_a_sensor_that_waits_to_be_asked_is_asked(
    port: PseudoTerminal, model: str, question: bytes
) -> None:
    with sensor(port, lambda heard: encoder_of(model)(AIR).data if heard == question else b""):
        heard = probed(port, model)

    assert [model] == [c.model.identifier for c in heard[0].found()]
    assert question in [question.data for question in heard[0].asked]


def test_where_the_model_is_not_told_every_question_of_a_line_is_asked(
    port: PseudoTerminal,
) -> None:
    with sensor(port, lambda heard: b"\x96\x96\x40\x05\x04\x00\x05\x00\x09\xa9" if heard else b""):
        heard = probed(port)

    assert ["hpma115s0"] == [c.model.identifier for c in heard[0].found()]
    assert 9 == len(heard[0].asked)
    assert [] == [question for later in heard[1:] for question in later.asked]


def test_one_model_is_looked_for_at_its_own_line_first_with_its_own_questions(
    port: PseudoTerminal,
) -> None:
    asked: list[bytes] = []

    def silent(heard: bytes) -> bytes:
        asked.append(heard)
        return b""

    with sensor(port, silent):
        heard = probed(port, "nextpm")

    assert "115200 8E1" == str(heard[0].line)
    assert bytes.fromhex("81 16 69 81 11 6E") == b"".join(asked)


def test_a_line_that_leads_into_itself_is_told(port: PseudoTerminal) -> None:
    with sensor(port, lambda heard: heard):
        heard = probed(port, "sps30")

    assert any(at_line.echoes for at_line in heard)
    assert [] == [candidate for at_line in heard for candidate in at_line.found()]


def test_a_port_that_cannot_do_parity_is_heard_without_and_told(port: PseudoTerminal) -> None:
    with sensor(port, lambda _: encoder_of("sn-gcja5")(AIR).data):
        probed(port, "sn-gcja5")  # the C library only sees it when nothing else changes with it
        heard = probed(port, "sn-gcja5")

    assert ("9600 8E1", True) == (str(heard[0].line), heard[0].lacks_parity)
    assert heard[0].frames >= 2
    assert "cannot do parity" in as_text(port.path, heard)


def test_progress_grows_to_no_more_than_what_was_said(port: PseudoTerminal) -> None:
    probe = Probe(port.path, [sensor_model("sds011")], 0.05, 0.05)
    told: list[float] = []

    probe.run(lambda _, elapsed_s: told.append(elapsed_s))

    assert sorted(told) == told
    assert told[-1] <= probe.longest_s + 0.5


def test_the_command_answers_as_text_and_as_json(port: PseudoTerminal) -> None:
    arguments = ["--probe", port.path, "--seconds", str(LISTEN_S), "--model", "pms5003"]

    with sensor(port, lambda _: pms5003_frame(3, 5, 9)):
        text = CliRunner().invoke(command, arguments, catch_exceptions=False)
        told = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)

    assert f'port = "{port.path}"' in text.stdout
    assert ["pms5003"] == json.loads(told.stdout)["candidates"]
    assert 5 == json.loads(told.stdout)["lines"][0]["models"][0]["last"]["pm25_atm"]


def test_a_port_that_is_not_there_is_refused_with_where_to_look() -> None:
    with pytest.raises(PortUnavailable, match=r"port /dev/nowhere: is not there; .*--list-ports"):
        Probe("/dev/nowhere", [sensor_model("sds011")], 1).run(lambda *_: None)


def test_a_port_that_another_program_reads_is_refused_with_its_name(port: PseudoTerminal) -> None:
    code = (
        "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); input()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code, port.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert reader.stdout is not None
    reader.stdout.readline()
    try:
        with pytest.raises(PortUnavailable, match=rf"in use by .*process {reader.pid}.*stop it"):
            probed(port, "sds011")
    finally:
        reader.kill()
        reader.communicate()


def test_a_port_that_is_locked_is_refused(port: PseudoTerminal) -> None:
    import fcntl  # noqa: PLC0415  (used here alone)

    held = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with pytest.raises(PortUnavailable, match="in use by another program; stop it first"):
            probed(port, "sds011")
    finally:
        os.close(held)


def test_a_cable_that_is_pulled_out_ends_the_probe(port: PseudoTerminal) -> None:
    probe = Probe(port.path, [sensor_model("sds011")], 30)
    threading.Timer(0.2, port.unplug).start()
    begun_s = time.monotonic()

    with pytest.raises(PortUnavailable):
        probe.run(lambda *_: None)

    assert time.monotonic() - begun_s < 10
