"""`dust bridge` on a machine whose clock starts in 1970, jumps, or is set late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from integration.gateway import GATEWAY, Gateway, T

from dust.clock import ReplayClockHand

if TYPE_CHECKING:
    from pathlib import Path

    from integration.mqtt_peer import Peer

    from dust import wire


MINUTE = 60_000
HOUR = 3_600_000


@pytest.fixture
def hand(tmp_path: Path) -> ReplayClockHand:
    """The hand of a gateway that has just started, with a clock in 1970."""
    made = ReplayClockHand(tmp_path / "clock")
    made.restart(shows_ms=0)
    return made


def times(heard: Peer) -> dict[int, int]:
    """The instant of each sequence number."""
    return {reading.seq: reading.t for reading in heard.readings(GATEWAY)}


def wait_for_times(heard: Peer, expected: dict[int, int]) -> None:
    wait_until(lambda: times(heard) == expected, f"{expected}")


def last_clock(heard: Peer) -> wire.ClockStatus | None:
    told = [status.clock for status in heard.statuses(GATEWAY) if status.clock]
    return told[-1] if told else None


def wait_for_clock(heard: Peer, **expected: object) -> None:
    def is_told() -> bool:
        clock = last_clock(heard)
        return clock is not None and expected == {name: getattr(clock, name) for name in expected}

    wait_until(is_told, f"a status with a clock {expected}")


def say_at(gateway: Gateway, hand: ReplayClockHand, shows_ms: int, level: int) -> None:
    hand.set_ms(shows_ms)
    gateway.say(level)
    gateway.hear_all()


def test_readings_wait_for_the_time_and_then_bear_the_right_one(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer
) -> None:
    with gateway.bridge() as service:
        say_at(gateway, hand, 10_000, 10)
        say_at(gateway, hand, 20_000, 20)
        wait_for_clock(taker, state="unknown", held=2)
        assert {} == times(taker)

        hand.correct(T)
        wait_for_times(taker, {1: T + 10_000, 2: T + 20_000})
        wait_for_clock(taker, state="known", held=0, jumps=0)
        assert 1 == len(service.events("clock_is_known"))


def test_a_bridge_killed_before_the_time_was_known_still_dates_its_readings(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer
) -> None:
    with gateway.bridge() as service:
        say_at(gateway, hand, 10_000, 10)
        gateway.wait_for_depth(1)
        service.kill()
    hand.set_ms(60_000)
    with gateway.bridge():
        say_at(gateway, hand, 70_000, 20)
        hand.correct(T)

        wait_for_times(taker, {1: T + 10_000, 2: T + 70_000})


def test_a_bridge_that_starts_when_the_time_is_known_dates_what_an_earlier_one_held(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer
) -> None:
    with gateway.bridge():
        say_at(gateway, hand, 10_000, 10)
        gateway.wait_for_depth(1)
    hand.correct(T)
    with gateway.bridge():
        wait_for_times(taker, {1: T + 10_000})


def test_readings_of_a_start_that_never_learnt_the_time_are_told_as_such(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer
) -> None:
    with gateway.bridge() as service:
        say_at(gateway, hand, 10_000, 10)
        gateway.wait_for_depth(1)
        service.kill()
    hand.restart(shows_ms=0)
    with gateway.bridge():
        say_at(gateway, hand, 5_000, 20)
        hand.correct(T)

        wait_for_times(taker, {1: 10_000, 2: T + 5_000})


@pytest.mark.parametrize("by_ms", [-3 * HOUR, 3 * HOUR])
def test_a_clock_that_jumps_is_told_and_reorders_nothing(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer, by_ms: int
) -> None:
    hand.correct(T)
    with gateway.bridge(interval_s=60) as service:
        say_at(gateway, hand, T + 10_000, 10)
        hand.correct(by_ms)
        wait_for_clock(taker, state="known", jumps=1, last_jump_ms=by_ms)
        say_at(gateway, hand, T + by_ms + 20_000, 30)
        hand.set_ms(T + by_ms + MINUTE)

        # The open interval was broken off at its newest frame: it says nothing of the time after.
        wait_for_times(taker, {1: T + 10_000, 2: T + by_ms + MINUTE - 1})
        assert [by_ms] == [event["by_ms"] for event in service.events("clock_jumped")]


def test_time_that_passes_in_one_leap_is_no_jump(
    gateway: Gateway, hand: ReplayClockHand, taker: Peer
) -> None:
    hand.correct(T)
    with gateway.bridge():
        say_at(gateway, hand, T + HOUR, 10)
        say_at(gateway, hand, T + 24 * HOUR, 20)
        wait_for_times(taker, {1: T + HOUR, 2: T + 24 * HOUR})
        wait_for_clock(taker, state="known", jumps=0)
