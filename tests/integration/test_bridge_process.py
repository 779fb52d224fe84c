"""`dust bridge` as a process: a serial line on one side, a broker on the other, both unreliable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from integration.gateway import CODE, GATEWAY, Gateway, T
from integration.mqtt_peer import Peer, peer, wait_for_receipts
from integration.networks import apply, network, sensor
from integration.service_process import ServiceProcess, running

from dust import wire
from dust.storage.connection import connect
from sim.frames import pms5003_frame, sds011_frame

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.broker import Mosquitto

    from dust.clock import ReplayClockHand

READINGS = wire.readings_topic(GATEWAY)
STATUS = wire.status_topic(GATEWAY)


def levels(heard: Peer) -> list[float | None]:
    """The PM2.5 of what was heard, by sequence number and once each."""
    by_number = {reading.seq: reading.pm25 for reading in heard.readings(GATEWAY)}
    return [by_number[seq] for seq in sorted(by_number)]


def wait_for_levels(heard: Peer, expected: list[float]) -> None:
    wait_until(lambda: expected == levels(heard), f"the readings {expected}")


# --- From bytes to readings -----------------------------------------------------------------------
def test_frames_become_numbered_readings_with_the_gateways_time(
    gateway: Gateway, ear: Peer
) -> None:
    ear.gives_receipts = True
    with gateway.bridge():
        gateway.say(10, 20, 30)
        wait_for_levels(ear, [10, 20, 30])
        gateway.wait_for_depth(0)

    assert [(1, CODE, T, 1), (2, CODE, T, 1), (3, CODE, T, 1)] == [
        (reading.seq, reading.sensor, reading.t, reading.n) for reading in ear.readings(GATEWAY)
    ]


def test_a_reading_is_the_mean_of_its_interval_and_bears_its_last_millisecond(
    gateway: Gateway, ear: Peer, hand: ReplayClockHand
) -> None:
    with gateway.bridge(interval_s=60):
        for second, level in ((0, 10), (30, 20), (59, 60)):
            hand.set_ms(T + second * 1000)
            gateway.say(level)
            gateway.hear_all()
        hand.set_ms(T + 60_000)
        wait_for_levels(ear, [30])

    (reading,) = ear.readings(GATEWAY)[:1]
    assert (T + 59_999, 3) == (reading.t, reading.n)


def test_an_open_interval_is_closed_when_the_bridge_is_stopped(
    gateway: Gateway, ear: Peer, hand: ReplayClockHand
) -> None:
    with gateway.bridge(interval_s=60) as service:
        hand.set_ms(T + 20_000)
        gateway.say(10, 20)
        gateway.hear_all()
        service.stop()
    assert 1 == gateway.depth()

    with gateway.bridge(interval_s=60):
        wait_for_levels(ear, [15])

    assert (T + 20_000, 2) == (ear.readings(GATEWAY)[0].t, ear.readings(GATEWAY)[0].n)


def test_garbage_between_frames_costs_no_frame_and_is_counted_in_the_status(
    gateway: Gateway, ear: Peer
) -> None:
    noise, torn = b"\x00\xff\x42\x00", pms5003_frame(99, 99, 99)[:20]
    broken = bytearray(pms5003_frame(88, 88, 88))
    broken[10] ^= 0x40
    with gateway.bridge(probe=False):
        wait_until(
            lambda: any(status.sensors[CODE].state == "silent" for status in _online(ear)),
            "a status with an open port",
        )
        gateway.terminal.write(noise)
        gateway.say(10)
        gateway.terminal.write(torn)
        gateway.say(20)
        gateway.terminal.write(bytes(broken) + b"\x42")
        gateway.say(30)
        wait_for_levels(ear, [10, 20, 30])
        wait_until(
            lambda: any(status.sensors[CODE].frames == 3 for status in _online(ear)),
            "a status that counts three frames",
        )

    told = _online(ear)[-1].sensors[CODE]
    # Every byte that is in no frame: the noise, the torn frame, the broken one and a lone header.
    assert (3, len(noise) + len(torn) + len(broken) + 1) == (
        told.frames,
        told.discarded_bytes,
    )
    assert told.rejected_frames >= 2
    assert ("ok", T) == (told.state, told.last_frame_ms)


def _online(heard: Peer) -> list[wire.GatewayStatus]:
    return [status for status in heard.statuses(GATEWAY) if status.state == "online"]


def test_another_model_is_read_by_its_own_frames(gateway: Gateway, ear: Peer) -> None:
    with gateway.bridge(model="sds011"):
        gateway.terminal.write(sds011_frame(123, 456, 0xABCD))
        wait_for_levels(ear, [12.3])

    assert 45.6 == ear.readings(GATEWAY)[0].pm10


# --- The spool ------------------------------------------------------------------------------------
def test_a_reading_stays_in_the_spool_until_its_receipt(gateway: Gateway, ear: Peer) -> None:
    with gateway.bridge():
        gateway.say(10, 20, 30)
        wait_for_levels(ear, [10, 20, 30])
        assert 3 == gateway.depth()

        for batch in ear.on(READINGS):
            ear.give_receipt(batch)
        gateway.wait_for_depth(0)
        wait_until(lambda: _online(ear)[-1].spool_depth == 0, "a status with an empty spool")


def test_without_a_receipt_the_readings_are_sent_again(gateway: Gateway, ear: Peer) -> None:
    with gateway.bridge(more="receipt_timeout_s = 0.3") as service:
        gateway.say(10, 20)
        wait_until(lambda: len(ear.readings(GATEWAY)) >= 6, "the readings three times")
        service.wait_for("receipt_overdue")

    assert [10, 20] == levels(ear)


def test_receipts_for_another_spool_and_nonsense_delete_nothing(
    gateway: Gateway, ear: Peer
) -> None:
    topic = wire.receipts_topic(GATEWAY)
    other = "99999999-9999-4999-8999-999999999999"
    with gateway.bridge() as service:
        gateway.say(10, 20)
        wait_for_levels(ear, [10, 20])
        ear.publish(topic, wire.encode(wire.Receipt(1, other, [(1, 2)])))
        ear.publish(topic, b"\xff\xfe")
        ear.publish(topic, b'{"v":1,"spool":"x","ranges":[[1]]}')
        service.wait_for("receipt_refused", 2)
        gateway.say(30)
        wait_for_levels(ear, [10, 20, 30])

        assert 3 == gateway.depth()


def test_readings_survive_a_bridge_that_is_killed(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with gateway.bridge() as service:
        gateway.say(10, 20, 30)
        gateway.wait_for_depth(3)
        service.kill()

    with peer(mosquitto, READINGS) as ear:
        ear.gives_receipts = True
        with gateway.bridge():
            gateway.say(40)
            wait_for_levels(ear, [10, 20, 30, 40])
            gateway.wait_for_depth(0)

    assert {1, 2, 3, 4} == {reading.seq for reading in ear.readings(GATEWAY)}


def test_numbers_go_on_where_they_ended_even_if_the_spool_was_empty(
    gateway: Gateway, ear: Peer
) -> None:
    ear.gives_receipts = True
    for level in (10, 20):
        with gateway.bridge():
            gateway.say(level)
            wait_until(lambda level=level: level in levels(ear), f"the reading {level}")
            gateway.wait_for_depth(0)

    assert [10, 20] == levels(ear)


# --- The broker -----------------------------------------------------------------------------------
def test_everything_arrives_when_the_broker_comes_late(
    gateway: Gateway, mosquitto: Mosquitto
) -> None:
    mosquitto.stop()
    with gateway.bridge() as service:
        gateway.say(*range(1, 31))
        gateway.wait_for_depth(30)
        mosquitto.start()
        with peer(mosquitto, READINGS) as ear:
            ear.gives_receipts = True
            wait_for_levels(ear, list(range(1, 31)))
            gateway.wait_for_depth(0)
        service.wait_for("broker_connected")


def test_readings_go_on_after_the_broker_was_killed(gateway: Gateway, mosquitto: Mosquitto) -> None:
    with gateway.bridge() as service:
        service.wait_for("broker_connected")
        gateway.say(10)
        gateway.wait_for_depth(1)
        mosquitto.kill()
        gateway.say(20)
        gateway.wait_for_depth(2)
        service.wait_for("broker_lost")
        mosquitto.start()
        with peer(mosquitto, READINGS) as ear:
            ear.gives_receipts = True
            wait_for_levels(ear, [10, 20])
            gateway.wait_for_depth(0)

        assert 1 == len(service.events("broker_lost"))


def test_the_broker_says_offline_for_a_killed_bridge_and_the_bridge_itself_when_it_stops(
    gateway: Gateway, ear: Peer
) -> None:
    for end in ("kill", "stop"):
        with gateway.bridge() as service:
            wait_until(lambda: _last(ear) == "online", "the word that it is online")
            getattr(service, end)()
        wait_until(lambda: _last(ear) == "offline", f"the word that it is offline after {end}")


def _last(heard: Peer) -> str | None:
    statuses = heard.statuses(GATEWAY)
    return statuses[-1].state if statuses else None


# --- The port -------------------------------------------------------------------------------------
def test_a_port_that_vanishes_and_returns_is_told_once_each_way(
    gateway: Gateway, ear: Peer
) -> None:
    with gateway.bridge() as service:
        gateway.say(10)
        wait_for_levels(ear, [10])
        gateway.unplug()
        service.wait_for("port_is_lost")
        wait_until(lambda: _online(ear)[-1].sensors[CODE].state == "port_lost", "the lost port")
        gateway.plug_in_again()
        service.wait_for("port_is_back")
        gateway.say(20)
        wait_for_levels(ear, [10, 20])
        wait_until(lambda: _online(ear)[-1].sensors[CODE].state == "ok", "the port at work")

        assert (1, 1) == (len(service.events("port_is_lost")), len(service.events("port_is_back")))


def test_a_port_that_is_not_there_at_the_start_is_waited_for(gateway: Gateway, ear: Peer) -> None:
    gateway.unplug()
    with gateway.bridge() as service:
        service.wait_for("port_is_lost")
        gateway.plug_in_again()
        gateway.wait_for_the_port()
        gateway.say(10)
        wait_for_levels(ear, [10])


# --- The whole chain ------------------------------------------------------------------------------
def test_bridge_and_ingest_together_lose_nothing_when_each_is_killed(
    gateway: Gateway,
    plain_database: str,
    mosquitto: Mosquitto,
    tmp_path: Path,
) -> None:
    apply(plain_database, network(sensors=[sensor(CODE, interval_s=1)], deployments=[]))
    environment = {"DUST_DATABASE__URL": plain_database, "DUST_MQTT__PORT": str(mosquitto.port)}
    log = tmp_path / "ingest.log"
    with peer(mosquitto, wire.receipts_topic(GATEWAY)) as heard:
        with running(["ingest"], environment, log) as ingest, gateway.bridge() as bridge:
            ingest.wait_for("broker_connected")
            gateway.say(1, 2, 3)
            wait_for_receipts(heard, GATEWAY, {1, 2, 3})
            ingest.kill()
            gateway.say(4, 5, 6)
            wait_until(lambda: gateway.depth() == 3, "three readings without a receipt")
            bridge.kill()
        with running(["ingest"], environment, log), gateway.bridge():
            gateway.say(7)
            wait_for_receipts(heard, GATEWAY, {1, 2, 3, 4, 5, 6, 7})
            gateway.wait_for_depth(0)

    with connect(plain_database) as connection:
        assert [(number, number) for number in range(1, 8)] == connection.execute(
            "SELECT seq, pm25::integer FROM readings ORDER BY seq"
        ).fetchall()


# --- Wrong use ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("pms5003", "pms9999"), "model"),
        (("status_interval_s = 0.2", "status_interval_s = -1"), "status_interval_s"),
        (("status_interval_s = 0.2", "status_intervall = 1"), "status_intervall"),
    ],
)
def test_a_bad_configuration_is_wrong_use_and_names_the_field(
    gateway: Gateway, tmp_path: Path, change: tuple[str, str], field: str
) -> None:
    with gateway.bridge():
        pass
    configuration = tmp_path / "gateway.toml"
    configuration.write_text(configuration.read_text().replace(*change))
    log = tmp_path / "wrong.log"
    service = ServiceProcess(["bridge", "--config", str(configuration)], {}, log)
    service.start()
    wait_until(lambda: not service.is_running(), "the end of the service")

    assert 2 == service.stop()
    assert field in log.read_text()
