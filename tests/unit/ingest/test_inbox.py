"""Whose message is next, and how long one waits for more."""

from __future__ import annotations

import threading
import time

from dust.clock import SystemClock
from dust.testing import FakeClock
from ingest.inbox import Delivery, Inbox

CLOCK = FakeClock()
BYTES_A_READING = 100


def message(topic: str, mid: int, readings: int = 1) -> Delivery:
    return Delivery(topic, bytes(readings * BYTES_A_READING), mid, epoch=0)


def taken(inbox: Inbox, readings: int = 1000, linger_s: float = 0) -> list[int]:
    return [
        each.mid
        for each in inbox.take(readings * BYTES_A_READING, linger_s, timeout_s=0, clock=CLOCK)
    ]


def test_nothing_comes_from_an_empty_inbox() -> None:
    assert [] == taken(Inbox(capacity=10, most_bytes=10**9, patience_s=0))


def test_a_flooding_gateway_shares_each_turn_with_the_others() -> None:
    inbox = Inbox(capacity=1000, most_bytes=10**9, patience_s=0)
    for mid in range(100):
        inbox.put(message("flood", mid))
    for mid in (1000, 1001):
        inbox.put(message("village", mid))
    inbox.put(message("school", 2000))

    assert [0, 1000, 2000, 1, 1001, 2, 3, 4] == taken(inbox, readings=8)


def test_messages_of_one_gateway_keep_their_order_and_all_are_taken_once() -> None:
    inbox = Inbox(capacity=1000, most_bytes=10**9, patience_s=0)
    for mid in range(50):
        inbox.put(message("ab"[mid % 2], mid))

    rounds = [taken(inbox, readings=7) for _ in range(8)]

    assert list(range(50)) == sorted(mid for each in rounds for mid in each)
    for topic in (0, 1):
        of_topic = [mid for each in rounds for mid in each if mid % 2 == topic]
        assert sorted(of_topic) == of_topic


def test_a_batch_ends_with_the_message_that_fills_it() -> None:
    inbox = Inbox(capacity=1000, most_bytes=10**9, patience_s=0)
    for mid in range(3):
        inbox.put(message("gw", mid, readings=400))

    assert [0, 1] == taken(inbox, readings=500)
    assert [2] == taken(inbox, readings=500)


def test_what_waits_is_counted_until_it_is_taken() -> None:
    inbox = Inbox(capacity=1000, most_bytes=10**9, patience_s=0)
    inbox.put(message("gw", 1, readings=3))

    assert (1, 3 * BYTES_A_READING) == inbox.waiting
    taken(inbox)
    assert (0, 0) == inbox.waiting


def test_more_is_waited_for() -> None:
    inbox = Inbox(capacity=1000, most_bytes=10**9, patience_s=0)
    inbox.put(message("gw", 1))
    threading.Timer(0.05, inbox.put, [message("gw", 2)]).start()

    deliveries = inbox.take(2 * BYTES_A_READING, linger_s=20, timeout_s=0, clock=SystemClock())

    assert [1, 2] == [each.mid for each in deliveries]


def test_nothing_is_waited_for_that_the_broker_may_not_send() -> None:
    inbox = Inbox(capacity=2, most_bytes=10**9, patience_s=0)
    for mid in (1, 2):
        inbox.put(message("gw", mid))
    started = time.monotonic()

    deliveries = inbox.take(1000 * BYTES_A_READING, linger_s=20, timeout_s=0, clock=SystemClock())

    assert [1, 2] == [each.mid for each in deliveries]
    assert time.monotonic() - started < 10


def test_what_is_settled_makes_room_for_more_to_wait_for() -> None:
    inbox = Inbox(capacity=2, most_bytes=10**9, patience_s=0)
    for mid in (1, 2):
        inbox.put(message("gw", mid))
    taken(inbox)
    inbox.settled([message("gw", 1), message("gw", 2)])
    inbox.put(message("gw", 3))
    threading.Timer(0.05, inbox.put, [message("gw", 4)]).start()

    deliveries = inbox.take(1000 * BYTES_A_READING, linger_s=20, timeout_s=0, clock=SystemClock())

    assert [3, 4] == [each.mid for each in deliveries]


def test_who_puts_more_than_there_is_room_for_waits_until_something_is_settled() -> None:
    inbox = Inbox(capacity=2, most_bytes=10**9, patience_s=20)
    for mid in (1, 2):
        inbox.put(message("gw", mid))
    deliveries = inbox.take(1000 * BYTES_A_READING, linger_s=0, timeout_s=0, clock=CLOCK)
    third = threading.Thread(target=inbox.put, args=[message("gw", 3)])
    third.start()

    assert [] == taken(inbox)
    inbox.settled(deliveries)
    third.join(20)

    assert [3] == taken(inbox)


def test_large_messages_fill_it_as_well_as_many() -> None:
    inbox = Inbox(capacity=1000, most_bytes=3 * BYTES_A_READING, patience_s=0)
    inbox.put(message("gw", 1, readings=2))
    assert not inbox.is_full
    inbox.put(message("gw", 2))

    assert inbox.is_full
    assert [1, 2] == taken(inbox)
    assert inbox.is_full


def test_nobody_waits_longer_than_the_connection_can_be_left_alone() -> None:
    inbox = Inbox(capacity=1, most_bytes=10**9, patience_s=0.01)
    for mid in (1, 2, 3):
        inbox.put(message("gw", mid))

    assert [1, 2, 3] == taken(inbox)


def test_who_waits_for_room_in_an_inbox_that_is_closed_is_let_go() -> None:
    inbox = Inbox(capacity=1, most_bytes=10**9, patience_s=20)
    inbox.put(message("gw", 1))
    second = threading.Thread(target=inbox.put, args=[message("gw", 2)])
    second.start()
    started = time.monotonic()
    inbox.close()
    second.join(20)

    assert time.monotonic() - started < 10
    assert [1] == taken(inbox)
