"""The time line: where the history starts."""

from __future__ import annotations

from datetime import UTC, datetime

from sim.recordings import read_recording
from sim.time_line import (
    HOUR_MS,
    TimeLine,
    full_time_line,
    interval_end_ms,
    short_time_line,
)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_the_full_history_starts_at_the_local_midnight_31_days_before_today() -> None:
    assert ms("2026-10-23T00:00:00+07:00") == full_time_line(ms("2026-11-23T12:34:56Z")).start_ms
    assert ms("2026-10-24T00:00:00+07:00") == full_time_line(ms("2026-11-23T17:00:00Z")).start_ms
    assert ms("2026-10-23T00:00:00+07:00") == full_time_line(ms("2026-11-23T16:59:59Z")).start_ms


def test_the_first_tick_is_at_second_30() -> None:
    first = datetime.fromtimestamp(
        full_time_line(ms("2026-11-23T12:00:00Z")).first_tick_ms / 1e3, UTC
    )

    assert (0, 30) == (first.minute, first.second)


def test_a_short_history_starts_on_the_hour_in_a_row_of_its_local_hour() -> None:
    time_line = short_time_line(ms("2026-11-23T12:34:56Z"), 5, read_recording())

    assert ms("2026-11-23T07:00:00Z") == time_line.start_ms
    assert 14 == time_line.first_row % 24  # 07:00 UTC is 14:00 in Bangkok
    assert 739 - 5 <= time_line.first_row


def test_an_instant_on_the_boundary_belongs_to_the_interval_that_begins_there() -> None:
    assert 120_000 == interval_end_ms(60_000, 60)
    assert 60_000 == interval_end_ms(59_999, 60)


def test_a_replay_goes_on_in_the_interval_after_the_one_in_which_the_last_one_stopped() -> None:
    stopped_ms = 1_767_225_610_000  # 00:00:10
    time_line = TimeLine(
        start_ms=stopped_ms - 10_000 - HOUR_MS, first_row=0, played_to_ms=stopped_ms
    )

    assert stopped_ms + 80_000 == time_line.first_tick_ms


def test_a_clock_from_before_the_history_does_not_stretch_it() -> None:
    time_line = TimeLine(start_ms=HOUR_MS, first_row=0, played_to_ms=0)

    assert HOUR_MS + 30_000 == time_line.first_tick_ms
