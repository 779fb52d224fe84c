"""Workers killed, stopped and doubled: what they had in hand comes again and changes nothing."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from acceptance.made_readings import made_reading
from acceptance.raw_publisher import RawPublisher
from acceptance.rig import wait_until_it_rests
from fixtures.ports import wait_until

from dust import wire

if TYPE_CHECKING:
    from acceptance.own_postgres import OwnPostgres
    from acceptance.pace import Pace
    from acceptance.rig import Rig
    from integration.service_process import ServiceProcess

pytestmark = pytest.mark.slow

BACKLOG = 20_000
STOPS_WITHIN_S = 5
STOPS_WITHOUT_DATABASE_WITHIN_S = (
    12  # what works behind is given five seconds, the batch as many at once
)
COPIES = 3
POISONED = range(1, 501)


# --- Killed ---------------------------------------------------------------------------------------
def test_a_worker_killed_again_and_again_in_a_backlog_comes_back_and_stores_all_of_it(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    with rig.absent_worker(receive_maximum=BACKLOG) as worker:
        rig.publish_once("raw-1", pace.size(BACKLOG))
        for _ in pace.rounds(2):
            with rig.writer_held_back():
                worker.start()
                rig.wait_for_a_writer_that_waits()
                wait_until_it_rests(worker)  # all of its window is in its hands
                worker.kill()
            let_it_begin(rig, worker)
            worker.kill()
        worker.start()

        rig.check_end(pace.within_s(60))
        assert worker.is_running()
    assert [] == rig.ask("SELECT reason FROM quarantine")


def let_it_begin(rig: Rig, worker: ServiceProcess) -> None:
    """Start it and wait for some readings more, if any are left."""
    before, started = rig.stored(), len(worker.events("ingest_started"))
    worker.start()
    worker.wait_for("ingest_started", started + 1)
    sent = sum(map(len, rig.sent.values()))
    wait_until(lambda: rig.stored() >= min(before + 500, sent), "500 readings more")


def test_a_worker_that_dies_leaves_the_gateways_to_the_other_and_finds_its_share_later(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    with rig.worker("one") as one, rig.worker("two") as two:
        habits = {"batch_readings": 20, "window": 50, "receipt_timeout_s": 0.5}
        gateways = [rig.gateway(name, **habits) for name in ("gw-1", "gw-2")]
        for _ in pace.rounds(1):
            with rig.writer_held_back():
                for gateway in gateways:
                    gateway.put(pace.size(300))
                rig.wait_for_a_writer_that_waits()
                one.kill()
            rig.publish_once("raw-1", pace.size(1000))  # the broker keeps half of them for the dead
            for gateway in gateways:
                gateway.put(pace.size(300))
                gateway.wait_until_empty(pace.within_s(60))
            one.start()

        rig.check_end(pace.within_s(60))
        assert two.is_running()


# --- Doubled --------------------------------------------------------------------------------------
def test_two_workers_given_the_same_messages_in_other_orders_store_each_reading_once(
    rig: Rig, pace: Pace
) -> None:
    numbers = range(1, pace.size(3000) + 1)
    good = [(wire.readings_topic("raw-1"), each) for each in rig.payloads("raw-1", numbers, 50)]
    sick = [(wire.readings_topic("raw-2"), poison(seq)) for seq in POISONED]
    with rig.worker("one") as one, rig.worker("two") as two:
        for messages in (good, sick):  # apart: who waits for a reading waits for nothing else
            publish_twice_at_once(rig, messages)
        rig.sent["raw-1"] = numbers
        rig.refused["raw-2"] = range(POISONED[0], POISONED[-1] + 2)
        wait_until(lambda: poison_received(rig) == {2 * COPIES}, "every copy", pace.within_s(60))

        rig.check_end()
        assert [] == one.events("database_lost") + two.events("database_lost")
        for worker in (one, two):
            assert worker.events("batch") != []
    assert [(0,)] == rig.ask(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )


def poison(seq: int) -> bytes:
    """Two readings that are refused; their neighbours in number share one of them."""
    sick = [made_reading("raw-2", number) for number in (seq, seq + 1)]
    rows = [(each.seq, -1, wire.spooled_body(each)) for each in sick]
    return wire.encode_batch("raw-2", "00000000-0000-4000-8000-00000000ffff", rows)


def publish_twice_at_once(rig: Rig, messages: list[tuple[str, bytes]]) -> None:
    def publish_shuffled(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311  (repeatable)
        with RawPublisher(rig.broker, f"shuffler-{seed}") as publisher:
            for _ in range(COPIES):
                publisher.publish_all(dice.sample(messages, len(messages)))

    with ThreadPoolExecutor() as pool:
        list(pool.map(publish_shuffled, range(2)))


def poison_received(rig: Rig) -> set[int]:
    """How often each refused reading came: those between two neighbours came with both."""
    rows = rig.ask("SELECT seq, times_received FROM quarantine")
    ends = {POISONED[0], POISONED[-1] + 1}
    return {times if seq in ends else times // 2 for seq, times in rows}


# --- Stopped --------------------------------------------------------------------------------------
def test_a_worker_that_is_stopped_in_a_backlog_ends_at_once_and_goes_on_when_it_is_started(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    with rig.absent_worker() as worker:
        rig.publish_once("raw-1", pace.size(BACKLOG))
        gateway = rig.gateway("gw-1")
        for _ in pace.rounds(4):
            gateway.put(pace.size(500))
            let_it_begin(rig, worker)
            check_that_it_stops(worker)
        worker.start()

        rig.check_end(pace.within_s(60))


@pytest.mark.parametrize("away", ["stopped", "hanging"])
def test_a_worker_stops_within_seconds_when_the_database_is_away(
    own_rig: Rig, own_server: OwnPostgres, away: str
) -> None:
    with own_rig.worker() as worker:
        gateway = own_rig.gateway("gw-1")
        with own_server.frozen() if away == "hanging" else own_server.stopped():
            gateway.put(500)
            gateway.wait_until_overdue()
            check_that_it_stops(worker, STOPS_WITHOUT_DATABASE_WITHIN_S)
        worker.start()

        own_rig.check_end()


def check_that_it_stops(worker: ServiceProcess, within_s: float = STOPS_WITHIN_S) -> None:
    began_s = time.monotonic()

    assert 0 == worker.stop()
    assert time.monotonic() - began_s < within_s
