"""A gateway as protocol v1 wants it, in few lines: it forgets a reading only for its receipt.

A window of batches is on its way; after a reconnect, or when a receipt is overdue, everything that
has none is sent again, oldest first. Independent of `firmware_bridge`, whose habits are its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from fixtures.ports import wait_until
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from dust import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.broker import Mosquitto

_TURN_S = 0.05


class SmallGateway:
    """One spool in memory and one connection; `put` gives it readings, `is_empty` says it is done.

    `make` makes the reading of a sequence number.
    """

    def __init__(
        self,
        broker: Mosquitto,
        name: str,
        *,
        make: Callable[[int], wire.WireReading],
        batch_readings: int = 50,
        window: int = 4,
        receipt_timeout_s: float = 1.0,
    ) -> None:
        self.name = name
        self.spool = str(uuid4())
        self._make = make
        self._batch_readings = batch_readings
        self._window = window
        self._timeout_s = receipt_timeout_s
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._waiting: dict[int, tuple[int, bytes]] = {}
        self._unsent: deque[int] = deque()
        self._on_the_way: deque[tuple[float, list[int]]] = deque()
        self._words = 0
        self._broker = broker
        self._stopping = False
        self._connected = threading.Event()
        self.last_seq = 0
        self.begun_again = 0
        """How often a receipt was overdue or the connection was new."""
        self.said: wire.GatewayStatus | None = None
        """Its last word about itself."""
        self.receipted_at_s: dict[int, float] = {}
        """When the receipt of each number came, by the machine's monotonic clock."""
        self._client = self._build_client()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    # --- What a test does with it -----------------------------------------------------------------
    def start(self) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=10)
        self._client.loop_start()
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def put(self, count: int) -> range:
        """So many new readings; returns their numbers."""
        numbers = range(self.last_seq + 1, self.last_seq + 1 + count)
        made = [self._make(seq) for seq in numbers]
        with self._lock:
            for reading in made:
                self._waiting[reading.seq] = (reading.t, wire.spooled_body(reading))
                self._unsent.append(reading.seq)
            self.last_seq = numbers[-1]
        self._wake.set()
        return numbers

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not self._waiting

    @property
    def depth(self) -> int:
        with self._lock:
            return len(self._waiting)

    def say(self) -> None:
        """Send the retained status; the words are numbered, so that the last one can be told."""
        self._words += 1
        self.said = wire.GatewayStatus(
            v=wire.VERSION,
            gateway=self.name,
            state="online",
            spool=self.spool,
            uptime_s=self._words,
            spool_depth=self.depth,
        )
        topic = wire.status_topic(self.name)
        self._client.publish(topic, wire.encode(self.said), qos=1, retain=True)

    def wait_until_overdue(self) -> None:
        """Wait until a receipt is missed that was not missed before."""
        before = self.begun_again
        wait_until(lambda: self.begun_again > before, f"a receipt of {self.name} that is overdue")

    def wait_until_connected(self) -> None:
        assert self._connected.wait(30), f"{self.name} was not let in by the broker"

    def wait_until_empty(self, timeout_s: float = 60) -> None:
        wait_until(
            lambda: self.is_empty,
            f"receipts for all readings of {self.name}",
            timeout_s=timeout_s,
        )

    # --- Its own thread ---------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(_TURN_S)
            self._wake.clear()
            if self._connected.is_set():
                for payload in self._next_batches():
                    self._client.publish(wire.readings_topic(self.name), payload, qos=1)

    def _next_batches(self) -> list[bytes]:
        with self._lock:
            self._forget_what_has_receipts()
            if self._on_the_way and self._on_the_way[0][0] + self._timeout_s < time.monotonic():
                self._begin_again()
            batches = []
            while len(self._on_the_way) < self._window and (rows := self._next_rows()):
                self._on_the_way.append((time.monotonic(), [row[0] for row in rows]))
                batches.append(wire.encode_batch(self.name, self.spool, rows))
            return batches

    def _forget_what_has_receipts(self) -> None:
        self._on_the_way = deque(
            (sent_at_s, numbers)
            for sent_at_s, numbers in self._on_the_way
            if any(seq in self._waiting for seq in numbers)
        )

    def _begin_again(self) -> None:
        self.begun_again += 1
        self._on_the_way.clear()
        self._unsent = deque(sorted(self._waiting))

    def _next_rows(self) -> list[tuple[int, int, bytes]]:
        rows: list[tuple[int, int, bytes]] = []
        while self._unsent and len(rows) < self._batch_readings:
            seq = self._unsent.popleft()
            if seq in self._waiting:
                rows.append((seq, *self._waiting[seq]))
        return rows

    # --- The library's thread ---------------------------------------------------------------------
    def _build_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"gateway-{self.name}", protocol=mqtt.MQTTv5
        )
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = lambda *_: self._connected.clear()
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(wire.receipts_topic(self.name), qos=1)

    def _on_subscribe(self, *_: object) -> None:
        with self._lock:
            self._begin_again()
        self._connected.set()
        self.say()
        self._wake.set()

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        receipt = msgspec.json.decode(message.payload, type=wire.Receipt)
        now_s = time.monotonic()
        with self._lock:
            for first, last in receipt.ranges if receipt.spool == self.spool else ():
                for seq in range(first, last + 1):
                    if self._waiting.pop(seq, None) is not None:
                        self.receipted_at_s[seq] = now_s
        self._wake.set()
