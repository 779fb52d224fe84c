"""One gateway floods: the others are seen in time, memory stays bounded, all of it is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from acceptance.flood import Flood
from acceptance.made_readings import made_reading
from acceptance.raw_publisher import RawPublisher
from acceptance.rig import peak_memory_bytes, wait_until_it_rests
from fixtures.ports import wait_until

from dust import wire
from dust.storage.connection import connect

if TYPE_CHECKING:
    from acceptance.pace import Pace
    from acceptance.rig import Rig
    from acceptance.small_gateway import SmallGateway

pytestmark = pytest.mark.slow

BURST = 50_000
SEEN_WITHIN_S = 20.0
AHEAD, BEHIND = 60_000, 80_000
IN_HAND = 30_000
"""Readings that may pass one that came before them: those of a few batches under way."""
PASSED_BY = """
WITH told AS (SELECT gateway, seq, received_at FROM readings JOIN sensors USING (sensor_id))
SELECT count(*) FROM told, (SELECT min(received_at) AS at FROM told WHERE gateway = 'raw-2') calm
WHERE gateway = 'raw-1' AND seq > %s AND received_at < calm.at
"""
MEMORY_BYTES = 150 * 1024**2
MEMORY_WITH_AVERAGES_BYTES = 256 * 1024**2
"""Taking in stays below 90 MiB however long it lasts; 500 hours are made again at a time beside."""
LARGE_SENDERS = ("raw-1", "raw-2", "gw-3")
LARGE_MESSAGES = 800
"""Of each: 40 MB, less than a gateway may send without being held off."""
NOTE = "x" * 50_000


def test_a_flood_from_one_gateway_delays_the_others_little_and_is_stored_in_full(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    with rig.worker() as worker:
        calm = rig.gateway("gw-1", receipt_timeout_s=1000.0)  # each batch is sent once
        with Flood(rig, "raw-1", pace.size(BURST)) as flood:
            waited_s = [publish_and_wait(calm, pace)]  # in the midst of the burst
            flood.wait_for_the_burst()
            waited_s += [publish_and_wait(calm, pace) for _ in pace.rounds(2)]

        rig.check_end(pace.within_s(60))
        assert max(waited_s) < pace.within_s(SEEN_WITHIN_S)
        assert peak_memory_bytes(worker) < MEMORY_WITH_AVERAGES_BYTES


def publish_and_wait(calm: SmallGateway, pace: Pace) -> float:
    """One batch; how long it took to its receipt. A second passes at least from batch to batch."""
    began_s = time.monotonic()
    calm.put(10)
    calm.wait_until_empty(pace.within_s(SEEN_WITHIN_S))
    took_s = time.monotonic() - began_s
    wait_until(lambda: time.monotonic() - began_s >= 1, "the next second")
    return took_s


def test_a_flood_does_not_pass_by_what_came_before_it(plain_rig: Rig) -> None:
    rig = plain_rig
    with rig.worker():
        with rig.writer_held_back():
            rig.publish_once("raw-1", AHEAD, 100)
            rig.publish_once("raw-2", 10, 10)
            rig.publish_once("raw-1", BEHIND, 100)
        rig.check_end()
    with connect(rig.url) as connection:
        ((passed_by,),) = connection.execute(PASSED_BY, (AHEAD,)).fetchall()
    assert passed_by < IN_HAND


def test_a_gateway_that_is_held_off_loses_nothing_and_the_others_do_not_wait(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    small: dict[str, Any] = {
        "inbox_bytes": 1_000_000,
        "gateway_burst_bytes": 1_000_000,
        "gateway_bytes_per_s": 10_000,
    }
    with rig.worker(**small) as worker:
        wild = rig.gateway("gw-1", batch_readings=500, window=10_000, receipt_timeout_s=3.0)
        calm = rig.gateway("gw-2")
        with rig.writer_held_back():
            wild.put(pace.size(50_000))
            worker.wait_for("gateway_is_held_off")
        assert publish_and_wait(calm, pace) < SEEN_WITHIN_S
        assert not wild.is_empty

        rig.check_end(pace.within_s(60))


def test_memory_stays_bounded_while_the_database_is_away_and_large_messages_wait(
    plain_rig: Rig,
) -> None:
    rig = plain_rig
    with rig.absent_worker() as worker:
        for name in LARGE_SENDERS:
            publish_large_messages(rig, name, LARGE_MESSAGES)
        worker.start()
        wait_until(lambda: rig.stored() > 0, "the first of them")
        # Mosquitto 2.0 keeps to the Receive Maximum only until the first acknowledgement.
        with rig.writer_held_back():
            rig.wait_for_a_writer_that_waits()
            wait_until_it_rests(worker)

        rig.check_end()
        assert peak_memory_bytes(worker) < MEMORY_BYTES


def publish_large_messages(rig: Rig, name: str, count: int) -> None:
    """Of one reading each, as long as a message may be with five hundred."""
    spool = str(uuid4())
    rig.sent[name] = range(1, count + 1)
    with RawPublisher(rig.broker, name) as publisher:
        for seq in rig.sent[name]:
            reading = msgspec.structs.replace(made_reading(name, seq), x={"note": NOTE})
            row = (reading.seq, reading.t, wire.spooled_body(reading))
            publisher.publish(wire.readings_topic(name), [wire.encode_batch(name, spool, [row])])
