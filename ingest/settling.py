"""What is prepared is written, then receipted, then acknowledged: in this order, always.

A batch that cannot be written waits for the database while its connection to the broker lasts;
when that is lost the batch is dropped, because the broker and the spools send it again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from dust import wire
from dust.errors import Unavailable
from dust.storage.connection import connect, database_errors
from ingest.rejection import Reason, Rejection
from ingest.status import store_status
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.batch import Batch
    from ingest.inbox import Delivery
    from ingest.subscriber import Subscriber

_LONGEST_WAIT_S: Final = 5.0


class Prepared(NamedTuple):
    """Messages and what they come to; `error` instead, where they could not be worked on."""

    deliveries: list[Delivery]
    batch: Batch | None
    ms: float = 0.0
    error: Exception | None = None


class Settling:
    """Owns the connection that writes."""

    def __init__(
        self,
        dsn: str,
        subscriber: Subscriber,
        clock: Clock,
        prepare: Callable[[list[Delivery]], Prepared],
        on_stored: Callable[[int], None],
    ) -> None:
        self._dsn = dsn
        self._subscriber = subscriber
        self._clock = clock
        self._prepare = prepare
        self._on_stored = on_stored
        self._connection: Connection | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def settle(self, prepared: Prepared) -> None:
        """Write until it is written or the connection that brought the messages is gone."""
        wait_s = 0.1
        while not self._stopping.is_set() and self._is_current(prepared.deliveries):
            try:
                self._write(prepared)
            except Unavailable as error:
                structlog.get_logger().warning(
                    "database_lost", reason=str(error), retry_in_s=wait_s
                )
                self._connection = None
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001  (one message must never stop the others)
                structlog.get_logger().exception("batch_failed", messages=len(prepared.deliveries))
                self._settle_apart(prepared.deliveries, error)
                return
            else:
                return

    def write(self, prepared: Prepared) -> None:
        """Write once; raises what goes wrong."""
        self._write(prepared)

    def _is_current(self, deliveries: list[Delivery]) -> bool:
        return any(self._subscriber.is_current(delivery) for delivery in deliveries)

    def _write(self, prepared: Prepared) -> None:
        if prepared.batch is None:
            raise prepared.error or RuntimeError("nothing was prepared")
        started_s = self._clock.monotonic_s()
        batch = prepared.batch
        with database_errors():
            connection = self._connected()
            new = batch.commit(connection)
            for delivery in prepared.deliveries:
                if delivery.topic.endswith("/status"):
                    store_status(connection, delivery.topic, delivery.payload)
        for topic, receipt in batch.receipts():
            self._subscriber.publish(topic, receipt)
        for delivery in prepared.deliveries:
            self._subscriber.acknowledge(delivery)
        self._on_stored(batch.n_offered)
        structlog.get_logger().info(
            "batch",
            messages=len(prepared.deliveries),
            readings=batch.n_offered,
            new=new,
            quarantined=len(batch.rejections),
            prepare_ms=round(prepared.ms),
            ms=round((self._clock.monotonic_s() - started_s) * 1000),
        )

    def _settle_apart(self, deliveries: list[Delivery], error: Exception) -> None:
        """After a fault that nobody foresaw: message by message, the faulty one set aside whole."""
        self.close()
        if len(deliveries) > 1:
            for delivery in deliveries:
                self.settle(self._prepare([delivery]))
            return
        (faulty,) = deliveries
        try:
            with database_errors():
                write(self._connected(), None, [_set_aside(faulty, error)], [])
        except Exception:  # noqa: BLE001  (not acknowledged, it comes again with the next session)
            structlog.get_logger().exception("not_set_aside", topic=faulty.topic)
        else:
            self._subscriber.acknowledge(faulty)

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
