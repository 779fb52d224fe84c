"""How much a gateway may send, and how it earns more."""

from __future__ import annotations

from dust.testing import FakeClock
from ingest.allowance import _MOST_TOPICS, Allowance


def test_a_gateway_may_send_a_burst_and_then_its_rate() -> None:
    clock = FakeClock()
    allowance = Allowance(burst_bytes=1000, bytes_per_s=100, clock=clock)

    assert [True, True, False] == [allowance.covers("gw", size) for size in (600, 400, 1)]
    clock.advance(0.5)
    assert [True, False] == [allowance.covers("gw", size) for size in (49, 1)]


def test_each_gateway_has_its_own() -> None:
    allowance = Allowance(burst_bytes=1000, bytes_per_s=100, clock=FakeClock())
    allowance.covers("flood", 5000)

    assert allowance.covers("village", 1000)
    assert not allowance.covers("flood", 0)


def test_a_flood_is_forgiven_in_the_time_of_a_burst() -> None:
    clock = FakeClock()
    allowance = Allowance(burst_bytes=1000, bytes_per_s=100, clock=clock)
    for _ in range(1000):
        allowance.covers("flood", 1_000_000)

    clock.advance(20)

    assert allowance.covers("flood", 1000)


def test_nothing_is_saved_up_beyond_a_burst() -> None:
    clock = FakeClock()
    allowance = Allowance(burst_bytes=1000, bytes_per_s=100, clock=clock)
    allowance.covers("gw", 0)
    clock.advance(10_000)

    assert [True, False] == [allowance.covers("gw", size) for size in (1000, 1)]


def test_a_thousand_names_of_one_sender_fill_no_memory() -> None:
    clock = FakeClock()
    allowance = Allowance(burst_bytes=10, bytes_per_s=1, clock=clock)

    for number in range(3 * _MOST_TOPICS):
        allowance.covers(f"gw-{number}", 100)

    assert len(allowance._left) <= _MOST_TOPICS
    assert not allowance.covers(f"gw-{3 * _MOST_TOPICS - 1}", 1)
