"""The gateway's connection to its broker: the only module here that knows the MQTT library."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

import structlog

from dust import wire
from dust.broker import broker_client, on_subscribe

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from firmware_bridge.settings import BridgeSettings


class Connection:
    """Publishes, hears receipts, comes back by itself; the broker says `offline` in its stead."""

    def __init__(
        self,
        settings: BridgeSettings,
        on_receipt: Callable[[bytes], None],
        on_event: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._on_receipt = on_receipt
        self._on_event = on_event
        self._up = threading.Event()
        self._new = threading.Event()
        self._unacknowledged: deque[mqtt.MQTTMessageInfo] = deque()
        self._most = settings.batches_in_flight + 8
        self._client = self._build_client()

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    def is_new(self) -> bool:
        """Whether the broker was reached anew since this was last asked."""
        was_new = self._new.is_set()
        self._new.clear()
        return was_new

    @property
    def has_room(self) -> bool:
        """Whether the library keeps few enough messages that the broker has not acknowledged.

        It keeps them over reconnects and sends them again by itself: without this bound a broker
        that comes and goes would fill the memory.
        """
        while self._unacknowledged and self._unacknowledged[0].is_published():
            self._unacknowledged.popleft()
        return len(self._unacknowledged) < self._most

    def open(self) -> None:
        mqtt = self._settings.mqtt
        self._client.connect_async(mqtt.host, mqtt.port, keepalive=mqtt.keepalive_s)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1; while there is no connection a status is left out, it would be old."""
        if retain and not self.is_up:
            return
        self._unacknowledged.append(self._client.publish(topic, payload, qos=1, retain=retain))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

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

    # The callbacks run in the library's thread: they only note what happened and wake the owner.

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        if reason.is_failure:
            structlog.get_logger().warning("broker_refuses", reason=str(reason))
            return
        client.subscribe(wire.receipts_topic(self._settings.gateway), qos=1)
        structlog.get_logger().info("broker_connected", host=self._settings.mqtt.host)
        self._new.set()
        self._up.set()
        self._on_event()

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _user: object,
        _flags: object,
        reason: ReasonCode,
        _props: object,
    ) -> None:
        if self._up.is_set():
            structlog.get_logger().warning("broker_lost", reason=str(reason))
        self._up.clear()

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self._on_receipt(bytes(message.payload))
        self._on_event()
