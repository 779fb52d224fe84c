"""Gather, decode, check, write, then tell the gateway, then acknowledge: in this order, always.

A batch that cannot be written waits for the database while its connection to the broker lasts;
when that is lost the batch is dropped, because the broker and the spools send it again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust import wire
from dust.errors import Unavailable
from dust.storage.connection import connect, database_errors
from ingest.batch import Batch
from ingest.decoding import DecodedMessage, Decoder
from ingest.rejection import Reason, Rejection
from ingest.status import store_status
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.registry import Registry
    from ingest.settings import IngestSettings
    from ingest.subscriber import Delivery, Subscriber

_LONGEST_WAIT_S: Final = 5.0


class Pipeline:
    """One worker's loop."""

    def __init__(
        self,
        settings: IngestSettings,
        subscriber: Subscriber,
        registry: Registry,
        clock: Clock,
        on_stored: Callable[[], None],
    ) -> None:
        self._settings = settings.ingest
        self._dsn = settings.database.url.get_secret_value()
        self._subscriber = subscriber
        self._registry = registry
        self._clock = clock
        self._on_stored = on_stored
        self._decoder = Decoder(settings.ingest.ahead_tolerance_s)
        self._connection: Connection | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping.is_set():
            deliveries = self._gather()
            if deliveries:
                self._settle(deliveries)
        if self._connection is not None:
            self._connection.close()

    def stop(self) -> None:
        self._stopping.set()

    def _gather(self) -> list[Delivery]:
        """Messages until there are enough (judged by size) or the oldest has waited enough."""
        first = self._subscriber.next(timeout_s=0.25)
        if first is None:
            return []
        deliveries, size = [first], len(first.payload)
        until_s = self._clock.monotonic_s() + self._settings.flush_after_s
        while size < self._settings.flush_readings * 100:
            left_s = until_s - self._clock.monotonic_s()
            following = self._subscriber.next(timeout_s=left_s) if left_s > 0 else None
            if following is None:
                break
            deliveries.append(following)
            size += len(following.payload)
        return deliveries

    def _settle(self, deliveries: list[Delivery]) -> None:
        """Write until it is written or the connection that brought the messages is gone."""
        wait_s = 0.1
        while not self._stopping.is_set():
            current = [delivery for delivery in deliveries if self._subscriber.is_current(delivery)]
            if not current:
                return
            try:
                self._write(current)
            except Unavailable as error:
                structlog.get_logger().warning(
                    "database_lost", reason=str(error), retry_in_s=wait_s
                )
                self._connection = None
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001  (one message must never stop the others)
                structlog.get_logger().exception("batch_failed", messages=len(current))
                self._settle_apart(current, error)
                return
            else:
                return

    def _settle_apart(self, deliveries: list[Delivery], error: Exception) -> None:
        """After a fault that nobody foresaw: message by message, the faulty one set aside whole."""
        if self._connection is not None:
            self._connection.close()
        if len(deliveries) > 1:
            for delivery in deliveries:
                self._settle([delivery])
            return
        (faulty,) = deliveries
        try:
            with database_errors():
                write(self._connected(), [], [_set_aside(faulty, error)], [])
        except Exception:  # noqa: BLE001  (not acknowledged, it comes again with the next session)
            structlog.get_logger().exception("not_set_aside", topic=faulty.topic)
        else:
            self._subscriber.acknowledge(faulty)

    def _write(self, deliveries: list[Delivery]) -> None:
        started_s = self._clock.monotonic_s()
        readings = [d for d in deliveries if d.topic.endswith("/readings")]
        now_ms = self._clock.now_ms()
        with database_errors():
            connection = self._connected()
            messages = [self._decoder.decode(d.topic, d.payload, now_ms) for d in readings]
            batch = Batch(self._registry.find(connection, _codes(messages)), now_ms)
            for delivery, message in zip(readings, messages, strict=True):
                batch.take(delivery.topic, message)
            new = batch.commit(connection)
            for delivery in deliveries:
                if delivery.topic.endswith("/status"):
                    store_status(connection, delivery.topic, delivery.payload)
        for topic, receipt in batch.receipts():
            self._subscriber.publish(topic, receipt)
        for delivery in deliveries:
            self._subscriber.acknowledge(delivery)
        self._on_stored()
        structlog.get_logger().info(
            "batch",
            messages=len(deliveries),
            readings=len(batch.offers),
            new=new,
            quarantined=len(batch.rejections),
            ms=round((self._clock.monotonic_s() - started_s) * 1000),
        )

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn)
            structlog.get_logger().info("database_connected")
        return self._connection


def _set_aside(delivery: Delivery, error: Exception) -> Rejection:
    return Rejection(
        Reason.INGEST_FAILED,
        delivery.topic,
        wire.gateway_of(delivery.topic),
        delivery.payload,
        field="message",
        value=Rejection.shown(delivery.payload),
        allowed=Rejection.shown(f"a message that ingest can work on ({error!r})"),
    )


def _codes(messages: list[DecodedMessage]) -> set[str]:
    return {reading.sensor for message in messages for reading in message.readings}
