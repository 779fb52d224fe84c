"""The ingest service's ear at the broker: the only module of ingest that knows the MQTT library.

MQTT 5, a persistent session (clean_start False always: Mosquitto does not keep a session that
began with a clean start), manual acknowledgement, and an epoch on every delivery: a message of an
earlier connection must never be acknowledged on a later one, whose numbers mean other messages.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from dust.broker import broker_client, on_subscribe
from ingest.inbox import Delivery

if TYPE_CHECKING:
    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.clock import Clock
    from dust.settings import MqttSettings
    from ingest.inbox import Inbox
    from ingest.settings import PipelineSettings

_SESSION_EXPIRY_S = 7 * 24 * 3600


class Subscriber:
    """Subscribed to all gateways' readings and status; deliveries wait in the inbox."""

    def __init__(
        self, mqtt_settings: MqttSettings, settings: PipelineSettings, inbox: Inbox, clock: Clock
    ) -> None:
        self._mqtt_settings = mqtt_settings
        self._settings = settings
        self._inbox = inbox
        self._clock = clock
        self._epoch = 0
        self.connected = threading.Event()
        self._client = self._build_client()

    def start(self) -> None:
        """Connect in the library's own thread, again and again if need be."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # as it ships
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        properties.ReceiveMaximum = self._settings.receive_maximum
        self._client.connect_async(
            self._mqtt_settings.host,
            self._mqtt_settings.port,
            keepalive=self._mqtt_settings.keepalive_s,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def is_current(self, delivery: Delivery) -> bool:
        """Whether the delivery's connection is still the one: else the broker sends it again."""
        return delivery.epoch == self._epoch

    def acknowledge(self, delivery: Delivery) -> None:
        """Tell the broker that the message is committed here."""
        # A QoS 0 message has no number; a PUBACK for it is a protocol error that ends the session.
        if delivery.qos and self.is_current(delivery):
            self._client.ack(delivery.mid, delivery.qos)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a receipt; one that is lost is made again when the readings come again."""
        self._client.publish(topic, payload, qos=1)

    def _filters(self) -> list[tuple[str, int]]:
        share = f"$share/{self._settings.share_group}/" if self._settings.share_group else ""
        return [(f"{share}dust/v1/+/readings", 1), ("dust/v1/+/status", 1)]

    def _build_client(self) -> mqtt.Client:
        client = broker_client(
            self._mqtt_settings,
            f"dust-{self._settings.worker}",
            manual_ack=True,
            longest_retry_s=15,
        )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = on_subscribe
        return client

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        if reason.is_failure:
            structlog.get_logger().warning("broker_refuses", reason=str(reason))
            return
        client.subscribe(self._filters())
        self.connected.set()
        structlog.get_logger().info("broker_connected", epoch=self._epoch)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _user: object,
        _flags: object,
        reason: ReasonCode,
        _props: object,
    ) -> None:
        self._epoch += 1
        if self.connected.is_set():
            structlog.get_logger().warning("broker_lost", reason=str(reason))
        self.connected.clear()

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self._inbox.put(
            Delivery(
                message.topic,
                bytes(message.payload),
                message.mid,
                self._epoch,
                message.qos,
                message.retain,
                message.dup,
                self._clock.now_ms(),
            )
        )
