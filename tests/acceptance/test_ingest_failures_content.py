"""Poison among thousands and clocks that are wrong: each has its reason, and the others go on."""

from __future__ import annotations

import time
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
import pytest
from acceptance.made_readings import made_reading
from acceptance.poison import SPOOL, message_of, numberless_items, poison_items, poison_messages
from acceptance.raw_publisher import RawPublisher
from integration.mqtt_peer import peer, wait_for_receipts

from dust import wire

if TYPE_CHECKING:
    from acceptance.pace import Pace
    from acceptance.rig import Rig

pytestmark = pytest.mark.slow

SICK, WELL = "raw-2", "raw-1"
TIMES = 3
NEIGHBOURS = range(101, 151)
YEAR_MS = 366 * 24 * 3_600_000
BAD_STATUS = (b"", b"no JSON", b"[" * 100_000, b'{"v":1}', b'{"v":1,"gateway":7,"state":[]}')


# --- Poison ---------------------------------------------------------------------------------------
def test_poison_among_thousands_of_messages_costs_no_neighbour_and_is_kept_with_its_reason(
    plain_rig: Rig, pace: Pace
) -> None:
    rig, messages = plain_rig, poison_messages(SICK)
    numbers = range(1, pace.size(3000) + 1)
    with rig.worker() as worker:
        gateway = rig.gateway("gw-1")
        gateway.put(1000)
        publish_among(rig, [payload for payload, _ in messages.values()], numbers)
        publish_bad_status(rig, "gw-1")
        rig.sent[WELL] = numbers

        rig.check_end(pace.within_s(60))
        assert worker.is_running()
        assert [] == worker.events("batch_failed")
    assert Counter(
        {(sha256(payload).digest(), reason): TIMES for payload, reason in messages.values()}
    ) == Counter(received(rig, "SELECT sha256(payload), reason, times_received FROM quarantine"))


def publish_among(rig: Rig, poison: list[bytes], numbers: range) -> None:
    """Every poison comes so many times, with hundreds of sound messages between two."""
    pieces = TIMES * len(poison)
    step = len(numbers) // pieces + 1
    with RawPublisher(rig.broker, "mixed") as publisher:
        for piece in range(pieces):
            sound = rig.payloads(WELL, numbers[piece * step : (piece + 1) * step])
            publisher.publish(wire.readings_topic(WELL), sound)
            publisher.publish(wire.readings_topic(SICK), [poison[piece % len(poison)]])


def publish_bad_status(rig: Rig, name: str) -> None:
    with RawPublisher(rig.broker, "liar") as publisher:
        publisher.publish(wire.status_topic(name), BAD_STATUS)


def received(rig: Rig, statement: str) -> dict[tuple[bytes, str], int]:
    rows = rig.ask(statement)
    assert len(rows) == len({payload for payload, *_ in rows}), "one row for each poison"
    return {(bytes(payload), reason): times for payload, reason, times in rows}


def test_a_poison_reading_costs_none_of_the_others_in_its_message(plain_rig: Rig) -> None:
    rig, items = plain_rig, poison_items(SICK)
    sound = [msgspec.json.encode(made_reading(SICK, seq)) for seq in NEIGHBOURS]
    # Between the good ones, so that what follows a bad one is seen to be stored as well.
    mixed = sound[:20] + [item for item, _ in items.values()] + numberless_items(SICK) + sound[20:]
    with rig.worker() as worker, peer(rig.broker, wire.receipts_topic(SICK)) as heard:
        with RawPublisher(rig.broker, "mixed") as publisher:
            publisher.publish(wire.readings_topic(SICK), [message_of(SICK, SPOOL, mixed)] * TIMES)
        rig.sent[SICK], rig.refused[SICK] = NEIGHBOURS, items
        wait_for_receipts(heard, SICK, {*NEIGHBOURS, *items})

        rig.check_end()
        assert [] == worker.events("batch_failed")
    assert {seq: (reason, TIMES) for seq, (_, reason) in items.items()} == {
        seq: (reason, times)
        for seq, reason, times in rig.ask(
            "SELECT seq, reason, times_received FROM quarantine WHERE seq IS NOT NULL"
        )
    }
    assert [("malformed", TIMES)] * len(numberless_items(SICK)) == rig.ask(
        "SELECT reason, times_received FROM quarantine WHERE seq IS NULL"
    )
    assert [] == rig.ask(
        "SELECT reason FROM quarantine"
        " WHERE field IS NULL OR value IS NULL OR allowed IS NULL OR length(payload) = 0"
    )


def test_rubbish_on_odd_topics_and_retained_rubbish_has_one_row_each_and_stops_nobody(
    plain_rig: Rig,
) -> None:
    rig = plain_rig
    odd = ["dust/v1//readings", "dust/v1/โรงโม่/readings", f"dust/v1/{'g' * 1000}/readings"]
    with rig.worker() as worker, RawPublisher(rig.broker, "odd") as publisher:
        publisher.publish_all([(topic, b"rubbish") for topic in odd])
        publisher.publish(wire.readings_topic(SICK), [b"retained rubbish"], retain=True)
        publisher.publish("dust/v1/gw-1/status", [b"retained rubbish"], retain=True)
        rig.publish_once(WELL, 100)
        rig.check_end()
        worker.kill()
        worker.start()  # some brokers give what is retained to a shared subscription, each time
        worker.wait_for("broker_connected", 2)
        rig.publish_once(WELL, 100)

        rig.check_end()
        publisher.publish(wire.readings_topic(SICK), [b""], retain=True)
        rig.publish_once(WELL, 1)
        rig.check_end()
    assert sorted(
        [(topic, "not_json") for topic in odd]
        + [(wire.readings_topic(SICK), "not_json")] * 2  # one of them cleared the topic
    ) == sorted(rig.ask("SELECT topic, reason FROM quarantine"))


# --- Clocks ---------------------------------------------------------------------------------------
def wrong_clock(name: str, now_ms: int, seq: int) -> wire.WireReading:
    """Right, in 1970, a year ahead, an hour back: in turn, as a clock that jumps."""
    reading = made_reading(name, seq)
    right_ms = reading.t
    told_ms = (right_ms, seq * 1000, now_ms + YEAR_MS, right_ms - 3_600_000)[seq % 4]
    return msgspec.structs.replace(reading, t=told_ms)


def test_a_gateway_with_a_wrong_clock_harms_neither_others_nor_its_own_right_readings(
    rig: Rig, pace: Pace
) -> None:
    now_ms = round(time.time() * 1000)
    with rig.worker():
        wrong = rig.gateway("gw-1", make=lambda seq: wrong_clock("gw-1", now_ms, seq))
        right = rig.gateway("gw-2")
        numbers = wrong.put(pace.size(1000))
        right.put(pace.size(1000))
        rig.refused["gw-1"] = [seq for seq in numbers if seq % 4 in {1, 2}]

        rig.check_end(pace.within_s(30))
    rows = rig.ask(
        "SELECT gateway, reason, seq % 4, count(*) FROM quarantine GROUP BY 1, 2, 3 ORDER BY 3"
    )
    quarter = len(numbers) // 4
    assert [
        ("gw-1", "time_too_old", 1, quarter),
        ("gw-1", "time_in_future", 2, quarter),
    ] == rows
