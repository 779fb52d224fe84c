"""`dust ingest` as a process between a real broker and a real database, both of which go away."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.ports import wait_until
from integration.desk import SPOOL, payload, raw_payload
from integration.mqtt_peer import Peer, peer, wait_for_receipts
from integration.networks import GATEWAY, SENSORS, apply, network, sensor
from integration.service_process import ServiceProcess, running

from dust import wire
from dust.clock import epoch_ms
from dust.storage.connection import connect
from dust.testing import a_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.broker import Mosquitto
    from fixtures.wheel_server import RestartablePostgres

T = epoch_ms(datetime(2024, 1, 15, 3, tzinfo=UTC))
READINGS = wire.readings_topic(GATEWAY)
RECEIPTS = wire.receipts_topic(GATEWAY)


def batch(*numbers: int, sensor_code: str = "pms-v1") -> bytes:
    return payload([a_reading(seq, sensor_code, T + seq * 60_000 - 1) for seq in numbers])


@contextmanager
def ingest(
    url: str, broker: Mosquitto, folder: Path, worker: str = "ingest-1"
) -> Iterator[ServiceProcess]:
    """A worker that is connected to the broker."""
    environment = {
        "DUST_DATABASE__URL": url,
        "DUST_MQTT__PORT": str(broker.port),
        "DUST_INGEST__WORKER": worker,
        "DUST_INGEST__FLUSH_AFTER_S": "0.02",
        "DUST_INGEST__LEDGER_SETTLE_S": "0",
    }
    with running(["ingest"], environment, folder / f"{worker}.log") as service:
        service.wait_for("broker_connected")
        yield service


@contextmanager
def gateway(broker: Mosquitto) -> Iterator[Peer]:
    """A gateway's end: it hears its receipts."""
    with peer(broker, RECEIPTS) as made:
        yield made


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def stored(url: str) -> list[int]:
    return [seq for (seq,) in ask(url, "SELECT seq FROM readings ORDER BY seq")]


# --- The way through ------------------------------------------------------------------------------
def test_readings_go_from_the_broker_to_averages_with_a_receipt(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    readings = [a_reading(n, t=T + n * 900_000 - 1, pm25=10.0 * n) for n in range(1, 5)]

    with gateway(mosquitto) as sender, ingest(place, mosquitto, tmp_path):
        sender.publish(READINGS, payload(readings))
        wait_for_receipts(sender, GATEWAY, {1, 2, 3, 4})
        wait_until(lambda: len(ask(place, "SELECT FROM averages")) == 4, "hour, day, month, year")

    assert [("day", None), ("hour", 25), ("month", None), ("year", None)] == ask(
        place, "SELECT period_kind, value FROM averages ORDER BY period_kind"
    )


def test_a_receipt_goes_out_only_after_the_commit(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway(mosquitto) as sender, ingest(place, mosquitto, tmp_path):
        with connect(place) as other, other.transaction():
            other.execute("LOCK TABLE spools")  # the last table of the writer's transaction
            sender.publish(READINGS, batch(1, 2, 3))
            _wait_for_a_session_that_waits(place)
            assert [] == sender.messages
        wait_for_receipts(sender, GATEWAY, {1, 2, 3})

    assert [1, 2, 3] == stored(place)


@pytest.mark.parametrize("topic", [READINGS, wire.status_topic(GATEWAY)])
def test_a_message_of_qos_0_does_not_cost_the_session(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path, topic: str
) -> None:
    with gateway(mosquitto) as sender, ingest(plain_place, mosquitto, tmp_path) as service:
        sender.publish(topic, b"not json", qos=0)
        sender.publish(READINGS, batch(1))
        wait_for_receipts(sender, GATEWAY, {1})
        sender.publish(READINGS, batch(2))
        wait_for_receipts(sender, GATEWAY, {1, 2})

        assert [] == service.events("broker_lost")


def _wait_for_a_session_that_waits(url: str) -> None:
    statement = (
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    wait_until(lambda: ask(url, statement) != [], "a writer that waits for a lock")


# --- What is wrong has a fate that can be seen ----------------------------------------------------
def item(seq: int, rest: str = '"pm25":1', t: int | None = None) -> str:
    instant = T + seq * 60_000 - 1 if t is None else t
    return f'{{"seq":{seq},"sensor":"pms-v1","t":{instant},{rest}}}'


BAD = {
    "not_json": b"\x00\xffnot json",
    "unknown_sensor": batch(11, sensor_code="pms-nobody"),
    "time_too_old": raw_payload(item(12, t=59_999)),
    "time_in_future": raw_payload(item(13, t=epoch_ms(datetime(2106, 2, 7, tzinfo=UTC)))),
    "not_finite": raw_payload(item(14, '"pm25":NaN')),
    "value_out_of_range": raw_payload(item(15, '"pm25":1e9')),
    "no_value": raw_payload(item(16, '"n":3')),
    "too_many_readings": payload([a_reading(n, t=T + n) for n in range(1000, 1501)]),
    "gateway_mismatch": payload([a_reading(17)], gateway="gw-9"),
    "unsupported_version": raw_payload(item(18), version=2),
    "malformed": raw_payload(item(19, '"pm2_5":3')),
}


def test_every_bad_input_is_counted_and_kept_while_good_readings_go_on(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway(mosquitto) as sender, ingest(plain_place, mosquitto, tmp_path) as service:
        for number, bad in enumerate(BAD.values(), start=101):
            sender.publish(READINGS, bad)
            sender.publish(READINGS, batch(number))
        sender.publish(READINGS, raw_payload(item(200, '"pm25":-3')))
        good = {*range(101, 101 + len(BAD)), 200}
        # Of the bad ones, those that can be told apart are receipted too, so that none comes back.
        wait_for_receipts(sender, GATEWAY, good | {11, 12, 13, 14, 15, 16, 19})

        assert service.is_running()

    assert dict.fromkeys(BAD, 1) == Counter(
        dict(ask(plain_place, "SELECT reason, sum(times_received)::int FROM quarantine GROUP BY 1"))
    )
    assert [] == ask(
        plain_place,
        "SELECT reason FROM quarantine"
        " WHERE field IS NULL OR value IS NULL OR allowed IS NULL OR length(payload) = 0",
    )
    assert sorted(good) == stored(plain_place)
    assert [(-3, 4)] == ask(plain_place, "SELECT pm25, qc_pm25 FROM readings WHERE seq = 200")


def test_a_gateways_last_word_is_kept(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    topic = wire.status_topic(GATEWAY)
    status = wire.GatewayStatus(v=1, gateway=GATEWAY, state="online", spool=SPOOL, spool_depth=7)

    def state() -> list[tuple[Any, ...]]:
        return ask(plain_place, "SELECT gateway, state, status FROM gateway_status")

    with gateway(mosquitto) as sender:
        sender.publish(topic, wire.encode(status), retain=True)  # before ingest is there
        with ingest(plain_place, mosquitto, tmp_path):
            wait_until(lambda: state() != [], "the retained status")
            online = state()
            sender.publish(topic, b"no status at all")
            sender.publish(topic, b'{"v":1,"gateway":"gw-1","state":"offline"}', retain=True)
            wait_until(lambda: state()[0][1] == "offline", "the will")

    assert [(GATEWAY, "online", json.loads(wire.encode(status)))] == online


def test_a_sensor_that_is_registered_while_ingest_runs_is_taken_in(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    numbers = iter(range(2, 1000))

    def is_taken_in() -> bool:
        sender.publish(READINGS, batch(next(numbers), sensor_code="pms-new"))
        return stored(plain_place) != []

    with gateway(mosquitto) as sender, ingest(plain_place, mosquitto, tmp_path):
        sender.publish(READINGS, batch(1, sensor_code="pms-new"))
        wait_for_receipts(sender, GATEWAY, {1})
        apply(plain_place, network(sensors=[*SENSORS, sensor("pms-new")]))
        wait_until(is_taken_in, "a reading of the new sensor")

    assert ("unknown_sensor",) in ask(plain_place, "SELECT reason FROM quarantine WHERE seq = 1")


# --- What goes away and comes back ----------------------------------------------------------------
def test_messages_that_wait_at_the_broker_are_taken_in_when_ingest_comes_back(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway(mosquitto) as sender:
        with ingest(plain_place, mosquitto, tmp_path):
            pass
        for number in range(1, 41):
            sender.publish(READINGS, batch(number))
        with ingest(plain_place, mosquitto, tmp_path):
            wait_for_receipts(sender, GATEWAY, set(range(1, 41)))

    assert list(range(1, 41)) == stored(plain_place)


def test_a_worker_killed_before_its_commit_gets_the_messages_again(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway(mosquitto) as sender:
        with (
            ingest(plain_place, mosquitto, tmp_path) as service,
            connect(plain_place) as other,
            other.transaction(),
        ):
            other.execute("LOCK TABLE spools")
            sender.publish(READINGS, batch(1, 2, 3))
            _wait_for_a_session_that_waits(plain_place)
            service.kill()
        assert [] == sender.messages
        with ingest(plain_place, mosquitto, tmp_path):
            wait_for_receipts(sender, GATEWAY, {1, 2, 3})

    assert [1, 2, 3] == stored(plain_place)


def test_ingest_finds_a_killed_broker_again(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway(mosquitto) as sender, ingest(plain_place, mosquitto, tmp_path) as service:
        sender.publish(READINGS, batch(1))
        wait_for_receipts(sender, GATEWAY, {1})
        mosquitto.kill()
        service.wait_for("broker_lost")
        mosquitto.start()
        service.wait_for("broker_connected", 2)
        with gateway(mosquitto) as again:
            again.publish(READINGS, batch(2))
            wait_for_receipts(again, GATEWAY, {2})

    assert [1, 2] == stored(plain_place)


def test_ingest_waits_for_a_broker_that_is_not_there_yet(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    mosquitto.stop()
    environment = {"DUST_DATABASE__URL": plain_place, "DUST_MQTT__PORT": str(mosquitto.port)}
    with running(["ingest"], environment, tmp_path / "ingest.log") as service:
        service.wait_for("ingest_started")
        mosquitto.start()
        service.wait_for("broker_connected")
        with gateway(mosquitto) as sender:
            sender.publish(READINGS, batch(1))
            wait_for_receipts(sender, GATEWAY, {1})


@pytest.mark.slow
def test_a_database_that_is_stopped_and_started_again_costs_no_reading(
    restartable_postgres: RestartablePostgres, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    url = restartable_postgres.url
    apply(url, network())

    with gateway(mosquitto) as sender, ingest(url, mosquitto, tmp_path) as service:
        sender.publish(READINGS, batch(1))
        wait_for_receipts(sender, GATEWAY, {1})
        restartable_postgres.kill()
        for number in range(2, 31):
            sender.publish(READINGS, batch(number))
        service.wait_for("database_lost", 2)
        assert {1} == sender.receipted(GATEWAY)
        restartable_postgres.start()
        wait_for_receipts(sender, GATEWAY, set(range(1, 31)))

    assert list(range(1, 31)) == stored(url)


def test_database_sessions_that_are_ended_again_and_again_cost_no_reading(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    everything = set(range(1, 121))

    with gateway(mosquitto) as sender, ingest(place, mosquitto, tmp_path) as service:
        for number in sorted(everything):
            sender.publish(READINGS, batch(number))
            if number % 15 == 0:
                _end_sessions(place)
        wait_for_receipts(sender, GATEWAY, everything)
        wait_until(lambda: ask(place, "SELECT 1 FROM dirty_hours") == [], "all averages")

        assert service.events("database_lost") != []

    assert sorted(everything) == stored(place)
    assert [(120,)] == ask(place, "SELECT sum(n_measured) FROM averages WHERE period_kind = 'hour'")


def _end_sessions(url: str) -> None:
    with connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_two_workers_share_the_messages_and_store_each_reading_once(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    everything = set(range(1, 201))

    with (
        gateway(mosquitto) as sender,
        ingest(place, mosquitto, tmp_path, "one") as one,
        ingest(place, mosquitto, tmp_path, "two") as two,
    ):
        for number in range(1, 201, 2):
            sender.publish(READINGS, batch(number, number + 1))
        wait_for_receipts(sender, GATEWAY, everything)
        wait_until(lambda: ask(place, "SELECT 1 FROM dirty_hours") == [], "all averages")
        new = [sum(event["new"] for event in worker.events("batch")) for worker in (one, two)]

    assert 200 == sum(new)
    assert all(new), f"one worker did everything: {new}"
    assert sorted(everything) == stored(place)
    assert [("{[1,201)}",)] == ask(place, "SELECT received::text FROM spools")
    assert [(200,)] == ask(place, "SELECT sum(n_measured) FROM averages WHERE period_kind = 'hour'")


def test_a_worker_that_dies_and_comes_back_loses_nothing_of_its_share(
    plain_place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    everything = set(range(1, 61))

    with (
        gateway(mosquitto) as sender,
        ingest(plain_place, mosquitto, tmp_path, "one") as one,
        ingest(plain_place, mosquitto, tmp_path, "two"),
    ):
        for number in sorted(everything):
            sender.publish(READINGS, batch(number))
            if number == 30:
                one.kill()
        one.start()
        wait_for_receipts(sender, GATEWAY, everything)

    assert sorted(everything) == stored(plain_place)


def test_bad_settings_are_wrong_use_and_name_the_field(tmp_path: Path) -> None:
    service = ServiceProcess(["ingest"], {"DUST_MQTT__PORT": "99999"}, tmp_path / "log")
    service.start()
    wait_until(lambda: not service.is_running(), "the end of the service")

    assert 2 == service.stop()
    assert "mqtt.port" in (tmp_path / "log").read_text()
