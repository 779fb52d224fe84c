"""The other end of the bridge: hears batches, decodes every reading and gives a receipt for each.

`python -m firmware_bridge.bench.peer HOST PORT GATEWAY READINGS` is a peer in a process of its own:
it says `ready`, `first` at the first batch and, once it has so many readings, what it heard (JSON).
It ends when its standard input does, or on SIGTERM.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, Self

import msgspec

from dust import wire
from dust.broker import broker_client
from dust.settings import MqttSettings
from firmware_bridge.bench.errors import NotMeasured

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt import client as mqtt

_CONNECTS_WITHIN_S: Final = 20.0


class Heard(msgspec.Struct):
    """What came; instants are of the machine's monotonic clock, which all processes share."""

    batches: int = 0
    readings: int = 0
    repeats: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


class Peer:
    """Connected and subscribed while its context lasts; stands for ingest after its commit."""

    def __init__(
        self, host: str, port: int, gateway: str, on_batch: Callable[[Heard], None]
    ) -> None:
        self._gateway = gateway
        self._address = (host, port)
        self._on_batch = on_batch
        self._batches = msgspec.json.Decoder(wire.Batch)
        self._readings = msgspec.json.Decoder(list[wire.WireReading])
        self._subscribed = threading.Event()
        self.heard = Heard()
        self.frames: dict[int, int] = {}
        """How many frames stand behind each reading, by its number."""
        self._client = broker_client(MqttSettings(host=host, port=port), f"peer-{gateway}")
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address)
        except OSError as error:
            raise NotMeasured(f"broker {self._address}: {error}") from error
        self._client.loop_start()
        if not self._subscribed.wait(_CONNECTS_WITHIN_S):
            raise NotMeasured(f"broker {self._address} let no peer in")
        return self

    def __exit__(self, *_: object) -> None:
        """Also takes the gateway's retained status away: a broker that was given keeps nothing."""
        topic = wire.status_topic(self._gateway)
        gone = self._client.publish(topic, b"", qos=1, retain=True)
        gone.wait_for_publish(_CONNECTS_WITHIN_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(wire.readings_topic(self._gateway), qos=1)

    def _on_message(self, client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        arrived_s = time.monotonic()
        batch = self._batches.decode(message.payload)
        readings = self._readings.decode(batch.readings)
        ranges = wire.ranges_of([reading.seq for reading in readings])
        receipt = wire.Receipt(wire.VERSION, batch.spool, ranges)
        client.publish(wire.receipts_topic(self._gateway), wire.encode(receipt), qos=1)
        self._note(arrived_s, readings)

    def _note(self, arrived_s: float, readings: list[wire.WireReading]) -> None:
        known = len(self.frames)
        self.frames.update({reading.seq: reading.n for reading in readings})
        heard = self.heard
        heard.first_s = heard.first_s or arrived_s
        heard.last_s = arrived_s
        heard.batches += 1
        heard.repeats += len(readings) - (len(self.frames) - known)
        heard.readings = len(self.frames)
        self._on_batch(heard)


class _Teller:
    """Tells a parent process, a line each, what it waits for."""

    def __init__(self, readings: int) -> None:
        self._readings = readings
        self._told = False

    def on_batch(self, heard: Heard) -> None:
        if heard.batches == 1:
            self.say("first")
        if heard.readings >= self._readings and not self._told:
            self._told = True
            self.say(msgspec.json.encode(heard).decode())

    def say(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def main() -> None:
    """A peer in a process of its own."""
    host, port, gateway, readings = sys.argv[1:]
    teller = _Teller(int(readings))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Peer(host, int(port), gateway, teller.on_batch):
        teller.say("ready")
        sys.stdin.read()


if __name__ == "__main__":
    main()
