"""The ingest service's ear at the broker: the only module of ingest that knows the MQTT library.

MQTT 5, a persistent session (clean_start False always: Mosquitto does not keep a session that
began with a clean start), manual acknowledgement, and an epoch on every delivery: a message of an
earlier connection must never be acknowledged on a later one, whose numbers mean other messages.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from dust.broker import broker_client, on_subscribe
from dust.wire import gateway_of, is_readings_topic
from ingest.allowance import Allowance
from ingest.inbox import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.clock import Clock
    from dust.settings import MqttSettings
    from ingest.inbox import Inbox
    from ingest.metrics import Metrics
    from ingest.settings import PipelineSettings

_SESSION_EXPIRY_S: Final = 7 * 24 * 3600
_TELL_EVERY_S: Final = 60.0


class Subscriber:
    """Subscribed to all gateways' readings and status; deliveries wait in the inbox."""

    def __init__(  # the ends of its work
        self,
        mqtt_settings: MqttSettings,
        settings: PipelineSettings,
        foreign_filters: Sequence[str],
        inbox: Inbox,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._mqtt_settings = mqtt_settings
        self._settings = settings
        self._foreign_filters = foreign_filters
        self._inbox = inbox
        self._clock = clock
        self._metrics = metrics
        self._allowance = Allowance(
            settings.gateway_burst_bytes, settings.gateway_bytes_per_s, clock
        )
        self._held_off: dict[str, float] = {}
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

    def _filters(self) -> list[tuple[str, SubscribeOptions]]:
        share = f"$share/{self._settings.share_group}/" if self._settings.share_group else ""
        shared = [f"{share}{name}" for name in ("dust/v1/+/readings", *self._foreign_filters)]
        # Old copies of readings are nobody's news; Mosquitto would send them to every worker at
        # each connection. Of a gateway's status the retained copy is what is wanted.
        fresh = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        return [*((name, fresh) for name in shared), ("dust/v1/+/status", SubscribeOptions(qos=1))]

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
        self._metrics.broker_connected(connected=True)
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
        self._metrics.broker_connected(connected=False)

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        covered = self._allowance.covers(topic, len(payload))
        if not covered and self._inbox.is_full and is_readings_topic(topic):
            self._hold_off(topic, message)
            return
        self._inbox.put(
            Delivery(
                topic,
                payload,
                message.mid,
                self._epoch,
                message.qos,
                message.retain,
                message.dup,
                self._clock.now_ms(),
            )
        )

    def _hold_off(self, topic: str, message: mqtt.MQTTMessage) -> None:
        """Leave a flood to its spool: without a receipt it keeps everything and sends it again."""
        self._metrics.held_off(len(message.payload))
        if message.qos:
            self._client.ack(message.mid, message.qos)
        now_s = self._clock.monotonic_s()
        if now_s - self._held_off.get(topic, float("-inf")) > _TELL_EVERY_S:
            self._held_off = {
                name: told_s
                for name, told_s in self._held_off.items()
                if now_s - told_s < _TELL_EVERY_S
            } | {topic: now_s}
            structlog.get_logger().warning("gateway_is_held_off", gateway=gateway_of(topic))
