"""What is retained at the broker: said once, said again when the broker may have forgotten it.

Also an ear for discovery topics, so that stations are found which nobody tells any more: of a
network that was changed while no worker ran.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust.broker import broker_client, on_subscribe

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.settings import MqttSettings

_LONGEST_RETRY_S: Final = 15


class Retained:
    """One connection to the broker that publishes retained messages; it comes back by itself."""

    def __init__(self, settings: MqttSettings, client_id: str, config_filter: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._filter = config_filter
        self._client: mqtt.Client | None = None
        self._said: dict[str, bytes] = {}
        self._heard: set[str] = set()
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._refusal_is_told = False
        self.on_connected: Callable[[], None] = lambda: None

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    def open(self) -> None:
        """Connect in the library's own thread, again and again if need be; once is enough."""
        if self._client is not None:
            return
        self._client = client = broker_client(
            self._settings, self._client_id, longest_retry_s=_LONGEST_RETRY_S
        )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = on_subscribe
        client.connect_async(
            self._settings.host, self._settings.port, keepalive=self._settings.keepalive_s
        )
        client.loop_start()

    def close(self) -> None:
        """What was said stays at the broker."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
        self._connected.clear()

    def say(self, topic: str, payload: bytes, *, again: bool = False) -> None:
        """Publish, unless this is what the topic says already; `again`: even then."""
        if self._client is None or (not again and self._said.get(topic) == payload):
            return
        self._said[topic] = payload
        self._client.publish(topic, payload, qos=1, retain=True)

    def take_back(self, topic: str) -> None:
        """Publish nothing, which is how a retained message is deleted."""
        if self._client is not None:
            self._said.pop(topic, None)
            self._client.publish(topic, b"", qos=1, retain=True)

    def heard(self) -> set[str]:
        """The discovery topics that hold something, others' included."""
        with self._lock:
            return set(self._heard)

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        if reason.is_failure:
            structlog.get_logger().warning("homeassistant_broker_refuses", reason=str(reason))
            return
        # The broker may have lost what it retained, and then its topics must be heard anew, too.
        self._said.clear()
        self._refusal_is_told = False
        with self._lock:
            self._heard.clear()
        client.subscribe([(self._filter, 1)])
        self._connected.set()
        self.on_connected()

    def _on_disconnect(self, *_: object) -> None:
        if self._connected.is_set() and self._client is not None:
            structlog.get_logger().warning("homeassistant_broker_lost")
        self._connected.clear()

    def _on_publish(
        self, _client: mqtt.Client, _user: object, _mid: int, reason: ReasonCode, _props: object
    ) -> None:
        """An access list that forbids would else be seen nowhere; told once a connection."""
        if reason.is_failure and not self._refusal_is_told:
            self._refusal_is_told = True
            structlog.get_logger().error("homeassistant_publish_refused", reason=str(reason))

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            (self._heard.add if message.payload else self._heard.discard)(message.topic)
