"""Devices of other makers before a whole `dust ingest`: heard, dated, stored, or offered."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec
from fixtures.ports import wait_until
from integration.mqtt_peer import Peer, peer
from integration.networks import SENSORS, apply, network, sensor
from integration.service_process import running

from dust.push import Push, push_topic
from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fixtures.broker import Mosquitto
    from integration.service_process import ServiceProcess

DEVICES = """
[[foreign]]
format = "tasmota"
topic = "tele/+/SENSOR"
time_zone = "Asia/Bangkok"
sensors = { garden = "pms-v1" }

[[foreign]]
format = "esphome"
topic = "+/sensor/+/state"
"""
STAMP = "2026-11-20T09:15:30"
TASMOTA = {"Time": STAMP, "PMS5003": {"PM1": 11, "PM2.5": 20, "PM10": 31}, "TempUnit": "C"}


def listening(url: str, broker: Mosquitto, folder: Path) -> AbstractContextManager[ServiceProcess]:
    """A worker with a devices file."""
    devices = folder / "devices.toml"
    devices.write_text(DEVICES)
    environment = {
        "DUST_DATABASE__URL": url,
        "DUST_MQTT__PORT": str(broker.port),
        "DUST_INGEST__DEVICES_FILE": str(devices),
    }
    return running(["ingest"], environment, folder / "ingest.log")


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def wait_for(url: str, statement: str, expected: Sequence[tuple[Any, ...]]) -> None:
    try:
        wait_until(lambda: ask(url, statement) == list(expected), f"{statement}: {expected}")
    except TimeoutError as error:
        error.add_note(f"but: {ask(url, statement)}")
        raise


def test_a_tasmota_device_is_stored_under_the_code_that_the_file_gives_it(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with peer(mosquitto, "unused") as device, listening(place, mosquitto, tmp_path) as service:
        service.wait_for("broker_connected")
        device.publish("tele/garden/SENSOR", json.dumps(TASMOTA).encode())
        device.publish(
            "tele/garden/SENSOR", json.dumps(TASMOTA).encode()
        )  # told twice, stored once
        device.publish("tele/garden/SENSOR", json.dumps(TASMOTA | {"Time": "soon"}).encode())
        wait_for(place, "SELECT count(*) FROM quarantine", [(1,)])

    told = (
        "SELECT s.code, r.seq, r.pm25, (r.phenomenon_time AT TIME ZONE 'Asia/Bangkok')::text"
        " FROM readings r JOIN sensors s USING (sensor_id)"
    )
    assert [("pms-v1", 0, 20.0, "2026-11-20 09:15:30")] == ask(place, told)


def test_what_esphome_tells_one_by_one_stands_together_in_the_latest_reading(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    apply(place, network(sensors=[*SENSORS, sensor("esphome-yard")]))
    with peer(mosquitto, "unused") as device, listening(place, mosquitto, tmp_path) as service:
        service.wait_for("broker_connected")
        _say(device, "yard", pm_1_0=7, pm_2_5m=12, pm_10_0m=35)
        wait_for(place, "SELECT count(*) FROM readings", [(3,)])
        _say(device, "yard", pm_2_5m=13)
        wait_for(
            place,
            "SELECT pm1, pm25, pm10, qc_pm1, qc_tsp FROM latest_readings",
            [(7.0, 13.0, 35.0, 1, 9)],
        )


def test_a_stranger_is_offered_and_its_readings_come_back_when_it_is_registered(
    place: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    body = (
        '{"esp8266id": "0011223344", "sensordatavalues":[{"value_type":"SDS_P2","value":"26.5"}]}'
    )
    now_ms = time.time_ns() // 1_000_000
    push = Push(
        v=1,
        received=now_ms,
        format="sensor-community",
        x_sensor="esp8266-0011223344",
        body=body,
    )
    with peer(mosquitto, "unused") as receiver, listening(place, mosquitto, tmp_path) as service:
        service.wait_for("broker_connected")
        topic = push_topic("sensor-community", "esp8266-0011223344")
        receiver.publish(topic, msgspec.json.encode(push))
        wait_for(place, "SELECT reason FROM quarantine", [("unknown_sensor",)])

    (stranger,) = json.loads(_dust(place, "devices", "list", "--json"))
    code = stranger["code"]
    apply(place, network(sensors=[*SENSORS, sensor(code, "sds011")]))
    _dust(place, "quarantine", "replay", "--reason", "unknown_sensor")

    assert [(code, 26.5)] == ask(
        place, "SELECT s.code, r.pm25 FROM readings r JOIN sensors s USING (sensor_id)"
    )


def _say(device: Peer, name: str, **quantities: float) -> None:
    for quantity, value in quantities.items():
        device.publish(f"{name}/sensor/{quantity}/state", str(value).encode())


def _dust(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dust.commands", *arguments, "--database", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout
