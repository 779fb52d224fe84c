"""A message without a time of its own that comes again is the same reading, and nobody else's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dust.storage.connection import connect
from ingest.foreign.arrivals import EXPIRY_S, forget_old, recalled, remember

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

T = 1_767_225_660_000
HOUR_MS = 3_600_000
TOPIC = "esp/sensor/pm_2_5/state"


class Heard(NamedTuple):
    """As much of a delivery as is asked for."""

    mid: int
    arrived_ms: int
    payload: bytes = b"12"
    dup: bool = False
    qos: int = 1
    topic: str = TOPIC


def again(heard: Heard, at_ms: int) -> Heard:
    return heard._replace(dup=True, arrived_ms=at_ms)


@pytest.fixture
def store(plain_database: str) -> Iterator[psycopg.Connection]:
    with connect(plain_database) as opened:
        yield opened


def test_a_message_that_comes_again_says_when_it_first_came(store: psycopg.Connection) -> None:
    first = Heard(mid=7, arrived_ms=T)
    remember(store, "w1", [first], {})

    later = again(first, T + HOUR_MS)
    told = recalled(store, "w1", [later])
    remember(store, "w1", [later], told)

    assert {7: T} == told
    assert {7: T} == recalled(store, "w1", [again(first, T + 2 * HOUR_MS)])


@pytest.mark.parametrize(
    "other",
    [
        Heard(mid=7, arrived_ms=T + 1),  # a new message under the same number
        Heard(mid=8, arrived_ms=T + 1, dup=True),
        Heard(mid=7, arrived_ms=T + 1, dup=True, payload=b"13"),
        Heard(mid=7, arrived_ms=T + 1, dup=True, topic="esp/sensor/pm_10_0/state"),
        Heard(mid=7, arrived_ms=T + 1, dup=True, qos=0),
        Heard(mid=7, arrived_ms=T + EXPIRY_S * 1000 + 1, dup=True),
    ],
)
def test_another_message_is_dated_by_its_own_arrival(
    store: psycopg.Connection, other: Heard
) -> None:
    remember(store, "w1", [Heard(mid=7, arrived_ms=T)], {})

    assert {} == recalled(store, "w1", [other])


def test_another_worker_has_other_numbers(store: psycopg.Connection) -> None:
    remember(store, "w1", [Heard(mid=7, arrived_ms=T)], {})

    assert {} == recalled(store, "w2", [Heard(mid=7, arrived_ms=T + 1, dup=True)])


def test_a_value_of_yesterday_is_not_taken_for_one_that_was_never_committed(
    store: psycopg.Connection,
) -> None:
    """The worker was killed before the COMMIT of a message that says what another said before."""
    remember(store, "w1", [Heard(mid=7, arrived_ms=T - 24 * HOUR_MS)], {})

    assert {} == recalled(store, "w1", [Heard(mid=9, arrived_ms=T, dup=True)])


def test_a_number_is_remembered_for_its_newest_message_only(store: psycopg.Connection) -> None:
    remember(store, "w1", [Heard(mid=7, arrived_ms=T)], {})
    remember(store, "w1", [Heard(mid=7, arrived_ms=T + HOUR_MS, payload=b"13")], {})

    assert (1,) == store.execute("SELECT count(*) FROM foreign_arrivals").fetchone()
    assert {} == recalled(store, "w1", [Heard(mid=7, arrived_ms=T, dup=True)])


def test_what_cannot_come_again_is_not_remembered(store: psycopg.Connection) -> None:
    remember(store, "w1", [Heard(mid=0, arrived_ms=T, qos=0)], {})
    remember(store, "w1", [], {})

    assert (0,) == store.execute("SELECT count(*) FROM foreign_arrivals").fetchone()


def test_what_no_broker_keeps_is_forgotten_past_what_is_being_written(
    store: psycopg.Connection, plain_database: str
) -> None:
    remember(store, "w1", [Heard(mid=1, arrived_ms=T), Heard(mid=2, arrived_ms=T)], {})
    remember(store, "w1", [Heard(mid=3, arrived_ms=T + HOUR_MS)], {})
    now_ms = T + EXPIRY_S * 1000 + 1
    with connect(plain_database) as writing, writing.transaction():
        remember(writing, "w1", [Heard(mid=2, arrived_ms=now_ms)], {})
        forgotten = forget_old(store, now_ms)

    assert 1 == forgotten
    assert [(2,), (3,)] == store.execute("SELECT mid FROM foreign_arrivals ORDER BY mid").fetchall()


def test_two_that_remember_the_same_numbers_do_not_lock_each_other_out(
    plain_database: str,
) -> None:
    """As after a worker's name was given twice: overlapping numbers, in any order."""
    faults: list[Exception] = []

    def work(mids: list[int]) -> None:
        try:
            with connect(plain_database) as connection:
                for turn in range(20):
                    remember(connection, "w1", [Heard(mid, T + turn) for mid in mids], {})
        except Exception as error:  # noqa: BLE001  (told by the main thread)
            faults.append(error)

    numbers = list(range(1, 400))
    threads = [threading.Thread(target=work, args=(m,)) for m in (numbers, numbers[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == faults
