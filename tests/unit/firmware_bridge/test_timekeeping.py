"""The time of readings on a machine whose clock is wrong, jumps, or is not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmware_bridge.timekeeping import EARLIEST_MS, Timekeeper

if TYPE_CHECKING:
    from dust.testing import FakeClock

NOW = 1_767_225_600_000


def test_a_clock_that_was_set_is_known_at_once(clock: FakeClock) -> None:
    moment = Timekeeper(clock, "plausible").moment()

    assert (True, clock.now_ms(), 0) == (moment.known, moment.instant_ms, moment.era)


def test_a_clock_in_1970_is_not_known_and_moments_count_from_the_start(clock: FakeClock) -> None:
    clock.set_ms(12_000)
    it = Timekeeper(clock, "plausible")

    first = it.moment()
    clock.advance(5)
    second = it.moment()

    assert not first.known
    assert 5000 == second.instant_ms - first.instant_ms
    assert clock.since_boot_ms() == second.instant_ms
    assert first.era == second.era


def test_a_clock_that_is_set_becomes_known_and_dates_what_was_before(clock: FakeClock) -> None:
    clock.set_ms(12_000)
    it = Timekeeper(clock, "plausible")
    before = it.moment()
    clock.advance(60)
    clock.set_ms(NOW)

    after = it.moment()

    assert (True, before.era + 1, 0) == (after.known, after.era, it.jumps)
    assert NOW - 60_000 == before.since_boot_ms + after.ahead_ms


@pytest.mark.parametrize("by_ms", [-3_600_000, -1000, 1000, 3_600_000])
def test_a_jump_is_counted_once_and_begins_an_era(clock: FakeClock, by_ms: int) -> None:
    it = Timekeeper(clock, "plausible")
    before = it.moment()
    clock.set_ms(clock.now_ms() + by_ms)

    moments = [it.moment() for _ in range(3)]

    assert (1, by_ms) == (it.jumps, it.last_jump_ms)
    assert [before.era + 1] * 3 == [moment.era for moment in moments]


def test_a_clock_that_is_drawn_slowly_to_the_right_time_does_not_jump(clock: FakeClock) -> None:
    it = Timekeeper(clock, "plausible")
    it.moment()
    for _ in range(100):
        clock.advance(1)
        clock.set_ms(clock.now_ms() + 400)
        it.moment()

    assert (0, None) == (it.jumps, it.last_jump_ms)


def test_time_that_passes_is_no_jump(clock: FakeClock) -> None:
    it = Timekeeper(clock, "plausible")
    it.moment()
    clock.advance(86_400 * 30)

    assert 0 == it.moment().era


def test_a_known_clock_that_falls_back_to_1970_is_known_no_more(clock: FakeClock) -> None:
    it = Timekeeper(clock, "plausible")
    it.moment()
    clock.set_ms(0)

    moment = it.moment()

    assert (False, 1, 1) == (moment.known, moment.era, it.jumps)


def test_a_clock_that_must_be_synchronised_is_not_known_before(clock: FakeClock) -> None:
    clock.is_synchronised = False
    it = Timekeeper(clock, "synchronised")

    assert not it.moment().known
    clock.is_synchronised = True
    assert it.moment().known
    clock.is_synchronised = False  # an outage of the time server makes no clock wrong
    assert it.moment().known


@pytest.mark.parametrize(("ms", "known"), [(EARLIEST_MS - 1, False), (EARLIEST_MS, True)])
def test_a_clock_is_plausible_from_2024_on(clock: FakeClock, ms: int, *, known: bool) -> None:
    clock.set_ms(ms)

    assert known == Timekeeper(clock, "plausible").moment().known


class HeldUp:
    """A machine that is suspended for an hour between two questions to its clocks."""

    boot = "boot-1"

    def __init__(self) -> None:
        self._asked = 0

    def since_boot_ms(self) -> int:
        self._asked += 1
        return 1000 if self._asked == 3 else 3_601_000 if self._asked > 3 else 500

    def now_ms(self) -> int:
        return NOW + self.since_boot_ms()

    def monotonic_s(self) -> float:
        return 0.0

    def synchronised(self) -> bool:
        return True


def test_being_held_up_between_two_questions_is_no_jump() -> None:
    it = Timekeeper(HeldUp(), "plausible")

    eras = {it.moment().era for _ in range(5)}

    assert ({0}, 0) == (eras, it.jumps)
