"""A connection to the broker that carries many gateways: the only module that knows the library.

The library's thread only notes what it hears; the publishing loop takes it from there.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from dust import wire
from dust.broker import broker_client, on_subscribe
from dust.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paho.mqtt.client import Client, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.settings import MqttSettings

_TOPICS_IN_A_REQUEST = 100
_IN_FLIGHT = 200  # the broker's own limit, where it has one, is kept to


class Post:
    """What carriers have heard and nobody has taken yet."""

    def __init__(self) -> None:
        self.received: deque[bytes] = deque()
        self._news = threading.Event()

    def put(self, payload: bytes) -> None:
        self.received.append(payload)
        self._news.set()

    def wait(self, timeout_s: float) -> None:
        """Returns when something is there, or when the time is over."""
        if not self.received:
            self._news.wait(timeout_s)
        self._news.clear()


class Carrier:
    """One client, subscribed to the receipts of its gateways."""

    def __init__(
        self, settings: MqttSettings, client_id: str, gateways: Sequence[str], post: Post
    ) -> None:
        self.reconnected = threading.Event()
        self._settings = settings
        self._filters = [(wire.receipts_topic(gateway), 1) for gateway in gateways]
        self._post = post
        self._subscribed = threading.Event()
        self._acknowledged: set[int] = set()
        self._refusal = ""
        self._unanswered = 0
        self._client = broker_client(settings, client_id, longest_retry_s=2)
        self._client.max_inflight_messages_set(_IN_FLIGHT)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message

    def open(self, timeout_s: float) -> None:
        """Connects and subscribes.

        Raises:
            Unavailable: The broker does not let it in within the time.
        """
        host, port = self._settings.host, self._settings.port
        self._client.connect_async(host, port, keepalive=self._settings.keepalive_s)
        self._client.loop_start()
        if not self._subscribed.wait(timeout_s):
            said = f": {self._refusal}" if self._refusal else ""
            raise Unavailable(
                f"no answer from the broker at {host}:{port} in {timeout_s:g} s{said}"
            )

    def publish(self, gateway: str, payload: bytes) -> int:
        """Hands a batch to the library, which sends it until the broker has acknowledged it."""
        return self._client.publish(wire.readings_topic(gateway), payload, qos=1).mid

    def is_acknowledged(self, handed_over: int) -> bool:
        """Whether the broker has had it; before that the library repeats it by itself."""
        return handed_over in self._acknowledged

    def forget(self, handed_over: int) -> None:
        """The library may give the number to another message."""
        self._acknowledged.discard(handed_over)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    # The callbacks run in the library's thread; their arguments are the library's.

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, *_: object
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            return
        requests = range(0, len(self._filters), _TOPICS_IN_A_REQUEST)
        self._unanswered = len(requests)
        for first in requests:
            client.subscribe(self._filters[first : first + _TOPICS_IN_A_REQUEST])

    def _on_subscribe(
        self, client: Client, user: object, mid: int, reasons: list[ReasonCode], props: object
    ) -> None:
        on_subscribe(client, user, mid, reasons, props)
        self._unanswered -= 1
        if self._unanswered == 0:
            if self._subscribed.is_set():
                self.reconnected.set()
            self._subscribed.set()

    def _on_publish(self, _client: Client, _user: object, mid: int, *_: object) -> None:
        self._acknowledged.add(mid)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self._post.put(bytes(message.payload))
