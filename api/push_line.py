"""The API's line to the broker: the only module of the API that knows the MQTT library.

Connected with the first push, not before: the API starts and serves without a broker.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import structlog

from dust.broker import broker_client
from dust.errors import Unavailable

if TYPE_CHECKING:
    from paho.mqtt import client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from dust.settings import MqttSettings

_MOST_WAITING: Final = 500
_NOBODY_SUBSCRIBES: Final = 0x10  # MQTT 5, section 3.4.2.1


class PushLine:
    """Publishes at QoS 1 and waits for the broker's word on each message."""

    def __init__(self, settings: MqttSettings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._waiting: dict[int, asyncio.Future[ReasonCode]] = {}
        self._client: mqtt.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connected = asyncio.Event()

    async def publish(self, topic: str, payload: bytes) -> None:
        """Return when the broker has taken it for somebody; `Unavailable` where it has not."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reason = await self._published(topic, payload)
        except TimeoutError:
            raise Unavailable("the broker does not answer now") from None
        if reason.is_failure:
            raise Unavailable(f"the broker refuses: {reason}")
        if reason.value == _NOBODY_SUBSCRIBES:
            raise Unavailable("nobody takes pushes in: no ingest service has subscribed")

    async def close(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    async def _published(self, topic: str, payload: bytes) -> ReasonCode:
        client = self._started()
        await self._connected.wait()
        told: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
        with self._lock:  # the broker may answer before the number is noted
            if len(self._waiting) >= _MOST_WAITING:
                raise Unavailable("too many pushes wait for the broker")
            number = client.publish(topic, payload, qos=1).mid
            self._waiting[number] = told
        try:
            return await told
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def _started(self) -> mqtt.Client:
        if self._client is None:
            self._loop = asyncio.get_running_loop()
            self._client = self._build_client()
            self._client.connect_async(
                self._settings.host, self._settings.port, self._settings.keepalive_s
            )
            self._client.loop_start()
        return self._client

    def _build_client(self) -> mqtt.Client:
        client = broker_client(
            self._settings, f"dust-api-{uuid.uuid4().hex[:12]}", longest_retry_s=5
        )
        client.max_queued_messages_set(_MOST_WAITING)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    # These run in the library's thread.
    def _on_connect(
        self, _client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        if reason.is_failure:
            structlog.get_logger().warning("broker_refuses", reason=str(reason))
            return
        structlog.get_logger().info("broker_connected")
        self._call(self._connected.set)

    def _on_disconnect(
        self, _client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        structlog.get_logger().warning("broker_lost", reason=str(reason))
        self._call(self._connected.clear)

    def _on_publish(
        self, _client: mqtt.Client, _user: object, number: int, reason: ReasonCode, _p: object
    ) -> None:
        with self._lock:
            waiting = self._waiting.pop(number, None)
        if waiting is not None:
            self._call(_tell, waiting, reason)

    def _call(self, what: Any, *arguments: Any) -> None:  # noqa: ANN401  (any callable)
        with suppress(RuntimeError):  # the service has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(what, *arguments)


def _tell(waiting: asyncio.Future[ReasonCode], reason: ReasonCode) -> None:
    if not waiting.done():
        waiting.set_result(reason)
