"""When readings are taken for new, and when the careful way is chosen."""

from __future__ import annotations

from dust.testing import FakeClock
from ingest.inbox import Delivery
from ingest.repeats import Repeats


def message(*, dup: bool = False) -> Delivery:
    return Delivery("dust/v1/gw-1/readings", b"{}", 1, 0, dup=dup)


def test_at_first_everything_is_taken_for_new() -> None:
    assert not Repeats(FakeClock()).may_be_among([message()])


def test_what_the_broker_sends_again_may_be_here() -> None:
    repeats = Repeats(FakeClock())

    assert repeats.may_be_among([message(), message(dup=True)])
    assert not repeats.may_be_among([message()])


def test_after_a_repeat_more_are_expected_for_half_a_minute() -> None:
    clock = FakeClock()
    repeats = Repeats(clock)
    repeats.seen(offered=10, new=9)

    assert repeats.may_be_among([message()])
    clock.advance(30)
    assert not repeats.may_be_among([message()])


def test_where_all_was_new_nothing_changes() -> None:
    repeats = Repeats(FakeClock())
    repeats.seen(offered=10, new=10)

    assert not repeats.may_be_among([message()])
