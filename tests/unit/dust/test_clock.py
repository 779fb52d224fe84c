"""Clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dust.clock import Clock, ReplayClock, ReplayClockHand, SystemClock, epoch_ms, instant
from dust.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["system", "replay", "fake"])
def test_every_clock_counts_seconds_that_never_go_back(kind: str, tmp_path: Path) -> None:
    ReplayClockHand(tmp_path / "clock")
    clocks: dict[str, Clock] = {
        "system": SystemClock(),
        "replay": ReplayClock(tmp_path / "clock"),
        "fake": FakeClock(),
    }
    counts = [clocks[kind].monotonic_s() for _ in range(3)]

    assert sorted(counts) == counts
    assert isinstance(clocks[kind].now_ms(), int)


def test_the_clock_of_tests_stands_still_until_both_its_hands_are_moved() -> None:
    clock = FakeClock(1000)

    clock.advance(1.5)

    assert (2500, 1001.5) == (clock.now_ms(), clock.monotonic_s())


def test_the_system_clock_tells_the_time_of_the_machine() -> None:
    clock = SystemClock()

    before, told, after = time.time_ns() // 1_000_000, clock.now_ms(), time.time_ns() // 1_000_000

    assert before <= told <= after
    assert clock.monotonic_s() <= clock.monotonic_s()


def test_a_replayed_clock_stands_where_its_hand_was_put(tmp_path: Path) -> None:
    hand = ReplayClockHand(tmp_path / "clock", start_ms=5)
    clock = ReplayClock(tmp_path / "clock")

    assert 5 == clock.now_ms()

    hand.set_ms(1_767_225_600_000)

    assert 1_767_225_600_000 == clock.now_ms()
    assert clock.monotonic_s() <= time.monotonic()


def test_a_replayed_clock_may_go_back_and_before_1970(tmp_path: Path) -> None:
    hand = ReplayClockHand(tmp_path / "clock", start_ms=2**53)
    clock = ReplayClock(tmp_path / "clock")

    hand.set_ms(-1)

    assert -1 == clock.now_ms()


@pytest.mark.parametrize("ms", [0, -1, 999, 1_767_225_659_999, 4_294_967_296_000])
def test_an_instant_and_its_milliseconds_are_the_same_thing(ms: int) -> None:
    assert ms == epoch_ms(instant(ms))
    assert UTC == instant(ms).tzinfo


def test_epoch_milliseconds_know_the_time_zone() -> None:
    bangkok = timezone(timedelta(hours=7))

    assert 1_767_225_600_000 == epoch_ms(datetime(2026, 1, 1, 7, tzinfo=bangkok))


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed is a datetime with a time zone"):
        epoch_ms(datetime(2026, 1, 1))  # noqa: DTZ001  the mistake itself


def test_the_system_clock_counts_since_the_machine_started() -> None:
    clock = SystemClock()

    first, second = clock.since_boot_ms(), SystemClock().since_boot_ms()

    assert 0 < first <= second
    assert clock.boot == SystemClock().boot
    assert clock.synchronised() in {True, False}


def test_a_replayed_clock_that_is_corrected_jumps_and_no_time_passes(tmp_path: Path) -> None:
    hand = ReplayClockHand(tmp_path / "clock", start_ms=1000)
    clock = ReplayClock(tmp_path / "clock")

    hand.correct(by_ms=500)

    assert (1500, 1000) == (clock.now_ms(), clock.since_boot_ms())

    hand.set_ms(1600)

    assert (1600, 1100) == (clock.now_ms(), clock.since_boot_ms())


def test_a_replayed_machine_that_restarts_counts_from_zero(tmp_path: Path) -> None:
    hand = ReplayClockHand(tmp_path / "clock", start_ms=1_767_225_600_000)
    before = ReplayClock(tmp_path / "clock").boot

    hand.restart(shows_ms=0)
    after = ReplayClock(tmp_path / "clock")

    assert (0, 0) == (after.now_ms(), after.since_boot_ms())
    assert before != after.boot
