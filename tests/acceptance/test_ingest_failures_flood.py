"""One gateway floods: the others are seen in time, memory stays bounded, all of it is stored."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from acceptance.made_readings import made_reading
from acceptance.raw_publisher import RawPublisher
from acceptance.rig import peak_memory_bytes, wait_until_it_rests
from fixtures.ports import wait_until

from dust import wire

if TYPE_CHECKING:
    from acceptance.pace import Pace
    from acceptance.rig import Rig
    from acceptance.small_gateway import SmallGateway

pytestmark = pytest.mark.slow

FLOOD = 40_000
SEEN_WITHIN_S = 15.0
IN_HAND = 20_000
"""Readings of the flood that may pass the other gateway's: those that a worker has in its hands.
A design that always serves the flood first lets the rest of it pass, however long it lasts."""
MEMORY_BYTES = 150 * 1024**2
LARGE_BYTES = 50_000
"""As much as a message of 500 readings."""
LARGE_MESSAGES = 2400


class Flood:
    """Single readings as fast as the broker takes them; notes how many it has at any time."""

    def __init__(self, rig: Rig, count: int) -> None:
        self._publisher = RawPublisher(rig.broker, "flood")
        self._payloads = rig.payloads("raw-1", range(1, count + 1))
        self._thread = threading.Thread(target=self._run)
        rig.sent["raw-1"] = range(1, count + 1)
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    @property
    def given(self) -> int:
        """How many the broker has acknowledged: those lie before what is sent now."""
        return self._publisher.acknowledged

    def finish(self) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with self._publisher:
                self._publisher.publish(wire.readings_topic("raw-1"), self._payloads)
        except BaseException as error:  # noqa: BLE001  (told by `finish`)
            self.failure = error


def test_a_flood_from_one_gateway_delays_the_others_little_and_is_stored_in_full(
    plain_rig: Rig, pace: Pace
) -> None:
    rig, count = plain_rig, pace.size(FLOOD)
    with rig.worker() as worker:
        calm = rig.gateway("gw-1", receipt_timeout_s=60.0)  # each batch is sent once
        flood = Flood(rig, count)
        flood.start()
        ahead: dict[int, int] = {}
        slowest_s = 0.0
        while rig.stored() < count or len(ahead) < 3:
            slowest_s = max(slowest_s, publish_and_wait(calm, flood, ahead))
        flood.finish()

        rig.check_end(pace.within_s(60))
        assert slowest_s < pace.within_s(SEEN_WITHIN_S)
        assert peak_memory_bytes(worker) < MEMORY_BYTES
    assert {} == {seq: n for seq, n in passed_by(rig, ahead).items() if n > IN_HAND}


def publish_and_wait(calm: SmallGateway, flood: Flood, ahead: dict[int, int]) -> float:
    """One batch; how long it took to its receipt. A second passes at least from batch to batch."""
    began_s = time.monotonic()
    given = flood.given
    numbers = calm.put(10)
    ahead |= dict.fromkeys(numbers, given)
    calm.wait_until_empty(120)
    took_s = time.monotonic() - began_s
    wait_until(lambda: time.monotonic() - began_s >= 1, "the next second")
    return took_s


def passed_by(rig: Rig, ahead: dict[int, int]) -> dict[int, int]:
    """By reading of the calm gateway: how many of the flood came later and were stored before."""
    rows = rig.ask(
        "SELECT sensors.gateway, seq, received_at FROM readings JOIN sensors USING (sensor_id)"
    )
    flooded = sorted((at, seq) for name, seq, at in rows if name == "raw-1")
    stored_at = {seq: at for name, seq, at in rows if name == "gw-1"}
    return {
        number: sum(1 for at, seq in flooded if at < stored_at[number] and seq > given)
        for number, given in ahead.items()
    }


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
        wait_until(lambda: rig.stored() > 0, "the first of them")  # from now on acknowledged
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
