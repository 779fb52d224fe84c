"""One gateway floods: the others are seen in time, memory stays bounded, all of it is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

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
LARGE_BYTES = 50_000
"""As much as a message of 500 readings."""
LARGE_MESSAGES = 2400


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
        assert peak_memory_bytes(worker) < MEMORY_BYTES


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


def test_memory_stays_bounded_while_the_database_is_away_and_large_messages_wait(
    plain_rig: Rig, pace: Pace
) -> None:
    rig, count = plain_rig, pace.size(LARGE_MESSAGES)
    with rig.absent_worker() as worker:
        with RawPublisher(rig.broker, "large") as publisher:
            for first in range(1, count + 1, 100):
                numbers = range(first, min(first + 100, count + 1))
                publisher.publish(wire.readings_topic("raw-1"), map(large_message, numbers))
        rig.sent["raw-1"] = range(1, count + 1)
        worker.start()
        wait_until(lambda: rig.stored() > 0, "the first of them")
        # Mosquitto 2.0 keeps to the Receive Maximum only until the first acknowledgement.
        with rig.writer_held_back():
            rig.wait_for_a_writer_that_waits()
            wait_until_it_rests(worker)

        rig.check_end(pace.within_s(60))
        assert peak_memory_bytes(worker) < MEMORY_BYTES


def large_message(seq: int) -> bytes:
    """One reading as long as a message may be with five hundred."""
    reading = msgspec.structs.replace(made_reading("raw-1", seq), x={"note": "x" * LARGE_BYTES})
    row = (reading.seq, reading.t, wire.spooled_body(reading))
    return wire.encode_batch("raw-1", "00000000-0000-4000-8000-000000000000", [row])
