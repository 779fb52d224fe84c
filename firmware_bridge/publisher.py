"""From the spool to the broker: batches, QoS 1, oldest first, again and again until a receipt.

The only module of the gateway that knows the MQTT library. What was sent is remembered in memory
only: after a reconnect, or when a batch has waited too long, sending starts again behind the
oldest reading without a receipt. Repeats change nothing, because ingest is idempotent.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dust import wire
from dust.broker import broker_client, on_subscribe
from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.clock import Clock
    from firmware_bridge.settings import BridgeSettings
    from firmware_bridge.spool import Spool


class _InFlight(NamedTuple):
    first: int
    last: int
    deadline_s: float


class Publisher:
    """One connection to the broker, driven by `run` in its own thread."""

    def __init__(
        self,
        settings: BridgeSettings,
        spool: Spool,
        clock: Clock,
        status: Callable[[], wire.GatewayStatus],
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._clock = clock
        self._status = status
        self._wake = threading.Event()
        self._received: deque[bytes] = deque()
        self._in_flight: deque[_InFlight] = deque()
        self._sent_to = 0
        self._connected = threading.Event()
        self._restart = threading.Event()
        self._status_due_s = 0.0
        self.stopping = False
        self._client = self._build_client()

    def wake(self) -> None:
        """Something is new: readings, a receipt, a connection, or the end."""
        self._wake.set()

    def say_status_soon(self) -> None:
        """Something changed that people should see before the next status is due."""
        self._status_due_s = 0.0
        self.wake()

    def run(self) -> None:
        """Publish until `stopping`; then say `offline` and disconnect."""
        host, port = self._settings.mqtt.host, self._settings.mqtt.port
        self._client.connect_async(host, port, keepalive=self._settings.mqtt.keepalive_s)
        self._client.loop_start()
        while not self.stopping:
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            self._step_or_tell()
        self._say("offline")
        self._client.disconnect()
        self._client.loop_stop()

    def _step_or_tell(self) -> None:
        """A fault here must not end the sending for ever while the reading goes on."""
        try:
            self._step()
        except Exception:  # noqa: BLE001  (the thread's outermost loop)
            structlog.get_logger().exception("publishing_failed", spool_depth=self._spool.depth)
            self._send_again_from_the_oldest()
            self._wake.clear()

    def _step(self) -> None:
        self._take_receipts()
        if not self._connected.is_set():
            return
        if self._restart.is_set():
            self._restart.clear()
            self._send_again_from_the_oldest()
        if self._in_flight and self._clock.monotonic_s() > self._in_flight[0].deadline_s:
            structlog.get_logger().warning("receipt_overdue", depth=self._spool.depth)
            self._send_again_from_the_oldest()
        self._publish_batches()
        self._say_status_if_due()

    def _publish_batches(self) -> None:
        while len(self._in_flight) < self._settings.batches_in_flight:
            rows = self._spool.after(self._sent_to, self._settings.batch_readings)
            if not rows:
                return
            payload = wire.encode_batch(self._settings.gateway, self._spool.id, rows)
            self._client.publish(wire.readings_topic(self._settings.gateway), payload, qos=1)
            deadline_s = self._clock.monotonic_s() + self._settings.receipt_timeout_s
            self._in_flight.append(_InFlight(rows[0][0], rows[-1][0], deadline_s))
            self._sent_to = rows[-1][0]

    def _take_receipts(self) -> None:
        while self._received:
            payload = self._received.popleft()
            try:
                receipt = wire.decode_receipt(payload)
            except BadInput as error:
                structlog.get_logger().warning("receipt_refused", reason=str(error))
                continue
            if receipt.spool == self._spool.id:
                self._spool.confirm(receipt.ranges)
                self._forget_covered(receipt.ranges)

    def _forget_covered(self, ranges: list[tuple[int, int]]) -> None:
        """A batch is done when its receipt covers it; one partly covered waits for its deadline."""
        self._in_flight = deque(
            batch
            for batch in self._in_flight
            if not any(first <= batch.first and batch.last <= last for first, last in ranges)
        )

    def _send_again_from_the_oldest(self) -> None:
        self._in_flight.clear()
        self._sent_to = 0

    def _say_status_if_due(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + self._settings.status_interval_s
            self._say("online")

    def _say(self, state: str) -> None:
        status = self._status()
        status.state = state
        topic = wire.status_topic(self._settings.gateway)
        self._client.publish(topic, wire.encode(status), qos=1, retain=True)

    def _build_client(self) -> mqtt.Client:
        gateway = self._settings.gateway
        client = broker_client(self._settings.mqtt, f"dust-bridge-{gateway}")
        will = wire.GatewayStatus(v=wire.VERSION, gateway=gateway, state="offline")
        client.will_set(wire.status_topic(gateway), wire.encode(will), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = on_subscribe
        return client

    # The callbacks run in the library's thread: they only note what happened and wake `run`.

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        if reason.is_failure:
            structlog.get_logger().warning("broker_refuses", reason=str(reason))
            return
        client.subscribe(wire.receipts_topic(self._settings.gateway), qos=1)
        structlog.get_logger().info("broker_connected", spool_depth=self._spool.depth)
        self._restart.set()
        self._status_due_s = 0.0
        self._connected.set()
        self.wake()

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _user: object,
        _flags: object,
        reason: ReasonCode,
        _props: object,
    ) -> None:
        if self._connected.is_set():
            structlog.get_logger().warning("broker_lost", reason=str(reason))
        self._connected.clear()

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self._received.append(bytes(message.payload))
        self.wake()
