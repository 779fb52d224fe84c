"""What arrivals stand on: a broker sends a message again under the number that it had."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fixtures.ports import wait_until
from integration.mqtt_peer import peer
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.broker import Mosquitto


class Arrival(NamedTuple):
    """A delivery as the library tells it."""

    mid: int
    dup: bool
    payload: bytes


@contextmanager
def worker(broker: Mosquitto, topic: str) -> Iterator[list[Arrival]]:
    """Takes messages and never acknowledges one; at the end it is gone without a word."""
    heard: list[Arrival] = []
    subscribed = threading.Event()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, "dust-w1", protocol=mqtt.MQTTv5, manual_ack=True
    )
    client.on_connect = lambda *_: client.subscribe(topic, 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _c, _u, m: heard.append(Arrival(m.mid, m.dup, bytes(m.payload)))
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # as it ships
    properties.SessionExpiryInterval = 3600
    client.connect(broker.host, broker.port, clean_start=False, properties=properties)
    client.loop_start()
    assert subscribed.wait(20)
    try:
        yield heard
    finally:
        socket = client.socket()
        client.loop_stop()
        if socket is not None:
            socket.close()


@pytest.mark.parametrize("topic", ["+/sensor/+/state", "$share/ingest/+/sensor/+/state"])
@pytest.mark.parametrize("restarts", [False, True])
def test_equal_messages_come_again_each_under_its_own_number(
    mosquitto: Mosquitto, topic: str, *, restarts: bool
) -> None:
    with worker(mosquitto, topic) as heard, peer(mosquitto, "nothing") as device:
        for payload in (b"12", b"12", b"13"):
            device.publish("yard/sensor/pm_2_5/state", payload)
        wait_until(lambda: len(heard) == 3, "the first delivery")
        first = list(heard)
    if restarts:
        mosquitto.stop()
        mosquitto.start()
    with worker(mosquitto, topic) as again:
        wait_until(lambda: len(again) == 3, "the second delivery")

    assert [False] * 3 == [arrival.dup for arrival in first]
    assert [True] * 3 == [arrival.dup for arrival in again]
    assert [a._replace(dup=False) for a in again] == first
