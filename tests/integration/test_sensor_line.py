"""A sensor on its port as time passes: silent, stuck, lost and well again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.ports import wait_until
from structlog.testing import capture_logs

from firmware_bridge.line import SensorLine
from firmware_bridge.settings import SensorSettings
from firmware_bridge.timekeeping import Moment
from sim.frames import pms5003_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.pty import PseudoTerminal

    from firmware_bridge.spool import Entry

T = 1_768_003_200_000


class Line:
    """A line on a pseudo-terminal, and the time in seconds that the test gives it."""

    def __init__(self, terminal: PseudoTerminal, **settings: Any) -> None:
        self._terminal = terminal
        given = {"sampling_interval_s": 0} | settings
        self.it = SensorLine(
            SensorSettings(code="pms-1", model="pms5003", port=terminal.path, **given),
            boot="boot-1",
            last_own_ms=None,
        )
        self.it.open_if_due(0.0)
        self.changes: list[float] = []

    def watch(self, now_s: float) -> str:
        if self.it.watch(now_s):
            self.changes.append(now_s)
        return self.it.status(now_s).state

    def frame(self, now_s: float, level: int = 10, *, known: bool = True) -> list[Entry]:
        self._terminal.write(pms5003_frame(level, level, level))
        wait_until(lambda: self._terminal.unread() >= 32, "a frame on the line", step_s=0.001)
        moment = Moment(round(now_s * 1000), T if known else 0, known, era=0)
        return self.it.read(moment, now_s) or []


@pytest.fixture
def line(pseudo_terminal: Callable[[], PseudoTerminal]) -> Line:
    return Line(pseudo_terminal())


def test_a_sensor_that_says_nothing_is_silent_and_logged_when_that_has_lasted(line: Line) -> None:
    with capture_logs() as logs:
        states = [line.watch(now_s) for now_s in (1, 29, 31, 60, 90)]

    assert ["silent"] * 5 == states
    assert [("sensor_in_trouble", "silent")] == [(e["event"], e["trouble"]) for e in logs]
    assert [31] == line.changes


def test_a_silent_sensor_that_speaks_again_is_well_and_logged_once(line: Line) -> None:
    with capture_logs() as logs:
        line.frame(1)
        states = [line.watch(now_s) for now_s in (2, 30, 32, 40)]
        line.frame(41)
        states += [line.watch(now_s) for now_s in (41.5, 42)]

    assert ["ok", "ok", "silent", "silent", "ok", "ok"] == states
    heard, *changes = [entry["event"] for entry in logs]
    assert "sensor_is_heard" == heard
    assert ["sensor_in_trouble", "sensor_is_well"] == changes
    assert [32, 41.5] == line.changes


def test_a_sensor_that_repeats_itself_to_the_last_bit_is_stuck(
    pseudo_terminal: Callable[[], PseudoTerminal],
) -> None:
    line = Line(pseudo_terminal(), stuck_after_s=60)
    states = []
    for now_s in range(0, 100, 10):
        line.frame(now_s, level=7)
        states.append(line.watch(now_s))
    line.frame(101, level=8)
    states.append(line.watch(101))

    assert ["ok"] * 7 + ["stuck"] * 3 + ["ok"] == states
    assert [70, 101] == line.changes


def test_a_stuck_sensor_s_readings_are_kept_all_the_same(
    pseudo_terminal: Callable[[], PseudoTerminal],
) -> None:
    line = Line(pseudo_terminal(), stuck_after_s=1)

    kept = [len(line.frame(now_s, level=0)) for now_s in range(5)]

    assert [1] * 5 == kept
    assert "stuck" == line.watch(4)


def test_a_reading_made_while_the_clock_is_not_known_bears_the_count_since_the_start(
    line: Line,
) -> None:
    (entry,) = line.frame(12.5, known=False)

    assert (None, "boot-1", 12_500) == (entry.t_ms, entry.boot, entry.since_boot_ms)
    assert {"sensor", "pm1", "pm25", "pm10", "x"} == set(json.loads(entry.body))


def test_a_reading_made_by_a_known_clock_bears_both(line: Line) -> None:
    (entry,) = line.frame(12.5)

    assert (T + 12_500, 12_500) == (entry.t_ms, entry.since_boot_ms)


def test_a_line_that_another_program_reads_is_not_shared(line: Line) -> None:
    other = Line(line._terminal)

    assert "ok" != line.watch(1)
    assert "port_lost" == other.watch(1)
