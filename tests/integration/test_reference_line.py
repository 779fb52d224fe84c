"""The hours of a reference instrument: dated by itself, taken once, never believed blindly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from structlog.testing import capture_logs

from dust.clock import epoch_ms
from firmware_bridge.line import SensorLine
from firmware_bridge.settings import SensorSettings
from firmware_bridge.timekeeping import Moment
from sim.air import Air
from sim.frames.metone import bam1020

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.pty import PseudoTerminal

T = datetime(2026, 3, 28, 3, 7, tzinfo=UTC)
AIR = Air(10, 20, 25, 41, 60)
BANGKOK = timedelta(hours=7)


class Line:
    """A BAM-1020 whose lines the test writes, and the time that the gateway believes."""

    def __init__(self, terminal: PseudoTerminal, last_own_ms: int | None = None) -> None:
        self._terminal = terminal
        settings = SensorSettings(
            code="bam", model="bam1020", port=terminal.path, inlet="pm10", sampling_interval_s=3600
        )
        self.it = SensorLine(settings, boot="boot-1", last_own_ms=last_own_ms)
        self.it.open_if_due(0.0)
        self._now_s = 0.0

    def hears(self, end: datetime, *, known: bool = True, raw: bytes | None = None) -> list[int]:
        """The times of the readings that come of a record of the hour that ended at `end`."""
        stamp = f"{end + BANGKOK:%m/%d/%y %H:%M}"
        self._terminal.write(bam1020(AIR, stamp).data if raw is None else raw)
        wait_until(lambda: self._terminal.unread() > 20, "the lines", step_s=0.001)
        self._now_s += 60
        moment = Moment(1000, epoch_ms(T) - 1000, known, era=0)
        entries = self.it.read(moment, self._now_s) or []
        return [entry.t_ms for entry in entries if entry.t_ms is not None]


@pytest.fixture
def line(pseudo_terminal: Callable[[], PseudoTerminal]) -> Line:
    return Line(pseudo_terminal())


def hour(end: datetime) -> int:
    return epoch_ms(end) - 1


END = T.replace(minute=0)


def test_an_hour_bears_its_own_time_also_where_the_gateway_knows_none(line: Line) -> None:
    assert [hour(END)] == line.hears(END, known=False)


def test_an_hour_is_taken_once_and_an_older_one_never_again(line: Line) -> None:
    before = END - timedelta(hours=1)

    assert [[hour(END)], [], [], []] == [line.hears(end) for end in (END, END, before, END)]


def test_a_record_from_the_future_is_refused_told_once_and_silences_nothing(line: Line) -> None:
    flipped = END.replace(year=2036)
    with capture_logs() as logs:
        taken = [line.hears(end) for end in (flipped, flipped, END)]

    assert [[], [], [hour(END)]] == taken
    assert ["record_is_ahead"] == [e["event"] for e in logs if e["log_level"] == "warning"]


def test_a_remembered_hour_from_the_future_silences_nothing_either(
    pseudo_terminal: Callable[[], PseudoTerminal],
) -> None:
    line = Line(pseudo_terminal(), last_own_ms=epoch_ms(END.replace(year=2036)))

    assert [[hour(END)], []] == [line.hears(END), line.hears(END)]


def test_noise_where_the_record_should_be_costs_that_record_only(line: Line) -> None:
    header = bam1020(AIR).data.split(b"\r\n")[0] + b"\r\n"

    assert [] == line.hears(END, raw=header + b"\x1c\r\n")
    assert [hour(END)] == line.hears(END)
    assert line.it.status(0.0).rejected_frames > 0
