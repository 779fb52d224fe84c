"""The gateway's connection to its broker: the only module here that knows the MQTT library."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust import wire
from dust.broker import broker_client, on_subscribe

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from firmware_bridge.settings import BridgeSettings

_TAKEN_OVER: Final = 142
"""Session taken over (MQTT 5, 4.13): another client signed in by the same name."""
_TAKEN_OVER_WAIT_S: Final = 60.0


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
        self._trouble: str | None = None
        self._closing = False
        # Two counters, each written by one thread only. What the library says of single messages
        # cannot be trusted: one that was queued without a connection never counts as published.
        self._given = 0
        self._acknowledged = 0
        self._most = settings.batches_in_flight + 8
        self._client = self._build_client()
        self._thread = threading.Thread(target=self._live, name="broker", daemon=True)
        self.fault: BaseException | None = None
        """What ended the library's loop: it does not come back from that."""

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    def is_new(self) -> bool:
        """Whether the broker was reached anew since this was last asked."""
        was_new = self._new.is_set()
        self._new.clear()
        return was_new

    @property
    def unacknowledged(self) -> int:
        """Messages that the library holds: it sends them again by itself after a reconnect."""
        return self._given - self._acknowledged

    @property
    def has_room(self) -> bool:
        """Whether these are few: a broker that comes and goes must not fill the memory."""
        return self.unacknowledged < self._most

    def open(self) -> None:
        mqtt = self._settings.mqtt
        self._client.connect_async(mqtt.host, mqtt.port, keepalive=mqtt.keepalive_s)
        self._thread.start()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1."""
        self._send(topic, payload, retain=False)

    def say(self, topic: str, payload: bytes) -> None:
        """Send what the broker keeps as the last word; left out where it could not go now."""
        if self.is_up and self.has_room:
            self._send(topic, payload, retain=True)

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self._given += 1
        self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self) -> None:
        """Send what is on its way and say good-bye."""
        self._closing = True
        self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _live(self) -> None:
        try:
            self._client.loop_forever(retry_first_connection=True)
        except BaseException as error:  # noqa: BLE001  (told to the thread that can end the program)
            self.fault = error
            self._up.clear()
            self._on_event()

    def _build_client(self) -> mqtt.Client:
        gateway = self._settings.gateway
        client = broker_client(self._settings.mqtt, f"dust-bridge-{gateway}")
        will = wire.GatewayStatus(v=wire.VERSION, gateway=gateway, state="offline")
        client.will_set(wire.status_topic(gateway), wire.encode(will), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = on_subscribe
        return client

    def _tell(self, trouble: str | None, reason: str) -> None:
        """One line when a trouble begins or becomes another, none while it lasts."""
        if trouble not in {None, self._trouble}:
            structlog.get_logger().warning(trouble, host=self._settings.mqtt.host, reason=reason)
        self._trouble = trouble

    # The callbacks run in the library's thread: they only note what happened and wake the owner.

    def _on_connect(
        self, client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _props: object
    ) -> None:
        if reason.is_failure:
            self._tell("broker_refuses", str(reason))
            return
        self._tell(None, "")
        client.subscribe(wire.receipts_topic(self._settings.gateway), qos=1)
        self._new.set()
        self._up.set()
        structlog.get_logger().info("broker_connected", host=self._settings.mqtt.host)
        self._on_event()

    def _on_connect_fail(self, _client: mqtt.Client, _user: object) -> None:
        self._tell("broker_unreachable", "no connection; tried again with growing pauses")

    def _on_disconnect(
        self,
        client: mqtt.Client,
        _user: object,
        _flags: object,
        reason: ReasonCode,
        _props: object,
    ) -> None:
        was_up = self._up.is_set()
        self._up.clear()  # first: a publish must not run into the gap
        if reason.value == _TAKEN_OVER:
            self._tell("gateway_name_is_used_twice", f"{self._settings.gateway}: {reason}")
            pause_s = _TAKEN_OVER_WAIT_S * random.uniform(1, 2)  # noqa: S311  (no secret)
            client.reconnect_delay_set(min_delay=pause_s, max_delay=4 * pause_s)  # type: ignore[arg-type]  # (fractions work)
        elif was_up and not self._closing:
            self._tell("broker_lost", str(reason))
        elif not self._closing:
            self._tell("broker_hangs_up", f"before it let us in: certificate or port? ({reason})")

    def _on_publish(self, *_: object) -> None:
        self._acknowledged += 1
        self._on_event()

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self._on_receipt(bytes(message.payload))
        self._on_event()
