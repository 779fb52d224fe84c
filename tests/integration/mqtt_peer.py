"""The other end of an MQTT connection: what a gateway, or ingest, hears and says."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import paho.mqtt.client as mqtt
from fixtures.ports import wait_until
from paho.mqtt.enums import CallbackAPIVersion

from dust import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.broker import Mosquitto


class Peer:
    """Connected and subscribed; keeps every message that came, in order."""

    def __init__(self, broker: Mosquitto, *filters: str) -> None:
        self._filters = [(name, 1) for name in filters]
        self._ready = threading.Event()
        self.messages: list[tuple[str, bytes]] = []
        self.gives_receipts = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._client.connect_async(broker.host, broker.port)
        self._client.loop_start()

    def wait_until_ready(self) -> None:
        assert self._ready.wait(20), "the test's own client was not let in by the broker"

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Returns when the broker has it (or, at QoS 0, when it is on its way)."""
        self._client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(20)

    def on(self, topic: str) -> list[bytes]:
        return [payload for name, payload in list(self.messages) if name == topic]

    def receipted(self, gateway: str) -> set[int]:
        """The sequence numbers that receipts for this gateway have covered."""
        receipts = map(wire.decode_receipt, self.on(wire.receipts_topic(gateway)))
        return {
            number
            for receipt in receipts
            for first, last in receipt.ranges
            for number in range(first, last + 1)
        }

    def readings(self, gateway: str) -> list[wire.WireReading]:
        """What the gateway has sent, repeats included."""
        batches = [
            msgspec.json.decode(payload, type=wire.Batch)
            for payload in self.on(wire.readings_topic(gateway))
        ]
        return [
            reading
            for batch in batches
            for reading in msgspec.json.decode(batch.readings, type=list[wire.WireReading])
        ]

    def statuses(self, gateway: str) -> list[wire.GatewayStatus]:
        return [
            msgspec.json.decode(payload, type=wire.GatewayStatus)
            for payload in self.on(wire.status_topic(gateway))
        ]

    def give_receipt(self, payload: bytes) -> None:
        """For the whole batch, as ingest does after its commit."""
        batch = msgspec.json.decode(payload, type=wire.Batch)
        readings = msgspec.json.decode(batch.readings, type=list[wire.WireReading])
        ranges = wire.ranges_of([reading.seq for reading in readings])
        receipt = wire.encode(wire.Receipt(wire.VERSION, batch.spool, ranges))
        self._client.publish(wire.receipts_topic(batch.gateway), receipt, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(self._filters)

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if self.gives_receipts and message.topic.endswith("/readings"):
            self.give_receipt(payload)
        self.messages.append((message.topic, payload))


@contextmanager
def peer(broker: Mosquitto, *filters: str) -> Iterator[Peer]:
    made = Peer(broker, *filters)
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.close()


def wait_for_receipts(heard: Peer, gateway: str, numbers: set[int]) -> None:
    wait_until(
        lambda: numbers <= heard.receipted(gateway),
        f"receipts for {len(numbers)} readings of {gateway}",
    )
