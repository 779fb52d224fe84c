"""What is sent, again and again until a receipt: a real broker, a clock moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from fixtures.ports import wait_until
from integration.mqtt_peer import Peer, peer
from structlog.testing import capture_logs

from dust import wire
from dust.settings import MqttSettings
from dust.testing import FakeClock, a_reading
from firmware_bridge.publisher import Publisher
from firmware_bridge.settings import BridgeSettings, SensorSettings
from firmware_bridge.spool import Entry, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.broker import Mosquitto

GATEWAY = "gw-1"
READINGS = wire.readings_topic(GATEWAY)
BATCH = 10
WINDOW = 4
FRESH = 2


class Desk:
    """A publisher that goes on only when the test turns it."""

    def __init__(self, folder: Path, broker: Mosquitto, clock: FakeClock) -> None:
        self.spool = Spool(folder / "spool.sqlite")
        self._clock = clock
        settings = BridgeSettings(
            gateway=GATEWAY,
            sensors=[SensorSettings(code="pms-1", model="pms5003", port="none")],
            mqtt=MqttSettings(port=broker.port),
            batch_readings=BATCH,
            batches_in_flight=WINDOW,
            receipt_timeout_s=20,
            status_interval_s=1e6,
        )
        self.publisher = Publisher(
            settings,
            self.spool,
            clock,
            lambda: wire.GatewayStatus(v=1, gateway=GATEWAY, state="online"),
        )
        self.connection = self.publisher._connection

    def put(self, count: int) -> None:
        self.spool.put(
            [Entry(wire.spooled_body(a_reading(pm25=1.0)), 1000 + n) for n in range(count)]
        )

    def connect(self) -> None:
        self.connection.open()
        wait_until(lambda: self.connection.is_up, "a connection")

    def turn(self) -> None:
        """One step, and everything that it sent is with the broker."""
        self.publisher._step_or_tell()
        wait_until(lambda: self.connection.unacknowledged == 0, "the broker's word")

    def pass_time(self, seconds: float) -> None:
        self._clock.advance(seconds)


@pytest.fixture
def desk(tmp_path: Path, mosquitto: Mosquitto, clock: FakeClock) -> Iterator[Desk]:
    it = Desk(tmp_path, mosquitto, clock)
    yield it
    it.connection.close()
    it.spool.close()


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Peer]:
    with peer(mosquitto, READINGS) as made:
        yield made


def heard(ear: Peer, count: int) -> list[list[int]]:
    """The numbers of each batch, once so many have come."""
    wait_until(lambda: len(ear.on(READINGS)) >= count, f"{count} batches")
    batches = [msgspec.json.decode(payload) for payload in ear.on(READINGS)]
    return [[reading["seq"] for reading in batch["readings"]] for batch in batches]


def numbers(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def give_receipt(desk: Desk, *ranges: tuple[int, int]) -> None:
    receipt = wire.Receipt(1, desk.spool.id, list(ranges))
    desk.publisher._receipts.append(wire.encode(receipt))


def test_the_newest_batch_goes_first_and_the_oldest_follow_in_order(desk: Desk, ear: Peer) -> None:
    desk.put(100)
    desk.connect()
    desk.turn()

    backlog = [numbers(1 + 10 * n, 10 + 10 * n) for n in range(WINDOW)]
    assert [numbers(91, 100), *backlog] == heard(ear, 1 + WINDOW)


def test_what_comes_now_does_not_wait_for_the_receipts_of_what_was(desk: Desk, ear: Peer) -> None:
    desk.put(100)
    desk.connect()
    desk.turn()
    desk.put(1)
    desk.turn()

    assert [101] == heard(ear, 2 + WINDOW)[-1]


def test_without_receipts_nothing_more_is_sent_than_the_windows_hold(desk: Desk, ear: Peer) -> None:
    desk.put(100)
    desk.connect()
    for _ in range(5):
        desk.put(1)
        desk.turn()

    assert FRESH + WINDOW == len(heard(ear, FRESH + WINDOW))


def test_a_batch_whose_receipt_has_holes_is_done_when_none_of_it_waits(
    desk: Desk, ear: Peer
) -> None:
    desk.put(30)
    desk.spool.confirm([(4, 6)])
    desk.connect()
    desk.turn()
    give_receipt(desk, (1, 3), (7, 30))
    desk.turn()
    desk.pass_time(1000)
    with capture_logs() as logs:
        desk.turn()

    assert 0 == desk.spool.depth
    assert [] == [entry for entry in logs if entry["event"] == "receipt_overdue"]
    assert 3 == len(heard(ear, 3))


def test_receipts_that_stay_out_are_waited_for_longer_each_time_and_told_once(
    desk: Desk, ear: Peer
) -> None:
    desk.put(5)
    desk.connect()
    desk.turn()
    sent = []
    with capture_logs() as logs:
        for _ in range(100):
            desk.pass_time(5)
            desk.turn()
            sent.append(len(ear.on(READINGS)))

    times_again = len(set(sent)) - 1
    assert 7 <= times_again <= 10  # at 20 s, then 40 s, then 60 s each, and up to a quarter more
    assert 1 == len([entry for entry in logs if entry["event"] == "receipt_overdue"])
    assert desk.publisher.receipts_are_overdue

    with capture_logs() as logs:
        give_receipt(desk, (1, 5))
        desk.turn()
    assert ["receipts_come_again"] == [entry["event"] for entry in logs]
    assert not desk.publisher.receipts_are_overdue


def test_a_spool_that_cannot_be_written_keeps_the_receipt_and_sends_no_storm(
    desk: Desk, ear: Peer
) -> None:
    desk.put(5)
    desk.connect()
    desk.turn()
    sqlite = desk.spool._file.database._connection
    sqlite.execute("PRAGMA query_only = 1")
    give_receipt(desk, (1, 5))
    with capture_logs() as logs:
        for _ in range(60):
            desk.pass_time(0.2)
            desk.turn()

    assert ["publishing_failed"] == [entry["event"] for entry in logs]
    assert 1 == len(heard(ear, 1))

    sqlite.execute("PRAGMA query_only = 0")
    desk.pass_time(61)
    desk.turn()
    assert 0 == desk.spool.depth


def test_a_damaged_body_holds_no_other_back_and_can_be_told_by_its_number(
    desk: Desk, ear: Peer
) -> None:
    desk.put(1)
    desk.spool.put([Entry(b'{"sensor":"a\xff', 2000), Entry(b"", 2000), Entry(b"{}", 2000)])
    desk.put(1)
    desk.connect()
    desk.turn()
    (payload,) = (ear.on(READINGS) for _ in range(1) if heard(ear, 1))

    readings = msgspec.json.decode(payload[0])["readings"]
    assert numbers(1, 5) == [reading["seq"] for reading in readings]
    assert [False, True, True, True, False] == ["damaged" in reading for reading in readings]
    assert b'{"sensor":"a\xff' == bytes.fromhex(readings[1]["damaged"])


def test_what_was_given_to_the_library_without_a_connection_is_counted_when_it_arrives(
    desk: Desk, mosquitto: Mosquitto
) -> None:
    desk.put(5)
    desk.connect()
    mosquitto.stop()
    wait_until(lambda: not desk.connection.is_up, "the loss")
    for _ in range(3):
        desk.connection.publish(READINGS, b"{}")
    assert 3 == desk.connection.unacknowledged

    mosquitto.start()
    wait_until(lambda: desk.connection.unacknowledged == 0, "the broker's word", timeout_s=60)
    assert desk.connection.has_room


def test_a_broker_that_nobody_reaches_is_told_once(
    tmp_path: Path, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    mosquitto.stop()
    with capture_logs() as logs:
        desk = Desk(tmp_path, mosquitto, clock)
        desk.connection.open()
        wait_until(lambda: bool(logs), "a line")
        desk.connection._client._reconnect_wait()
        desk.connection.close()
        desk.spool.close()

    assert ["broker_unreachable"] == [entry["event"] for entry in logs]
