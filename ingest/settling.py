"""What is prepared is written, then receipted, then acknowledged: in this order, always.

A batch that cannot be written waits for the database while its connection to the broker lasts;
when that is lost the batch is dropped, because the broker and the spools send it again.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from dust.errors import Unavailable
from dust.storage.connection import connect, database_errors
from ingest.foreign.arrivals import forget_old, remember
from ingest.rejection import Reason, Rejection
from ingest.repeats import Repeats
from ingest.status import store_statuses
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.inbox import Delivery
    from ingest.metrics import Metrics
    from ingest.prepared import Prepared
    from ingest.subscriber import Subscriber

_LONGEST_WAIT_S: Final = 5.0
_FORGET_EVERY_S: Final = 3600.0


class Settling:
    """Owns the connection that writes."""

    def __init__(
        self,
        dsn: str,
        worker: str,
        subscriber: Subscriber,
        clock: Clock,
        metrics: Metrics,
        on_stored: Callable[[int], None],
    ) -> None:
        self._dsn = dsn
        self._worker = worker
        self._subscriber = subscriber
        self._clock = clock
        self._metrics = metrics
        self._on_stored = on_stored
        self._repeats = Repeats(clock)
        self._connection: Connection | None = None
        self._forgot_s = float("-inf")
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def settle(self, prepared: Prepared, prepare: Callable[[list[Delivery]], Prepared]) -> None:
        """Write until it is written or the connection that brought the messages is gone.

        After a fault that nobody foresaw it is prepared and written message by message.
        """
        wait_s = 0.1
        while not self._stopping.is_set() and self._is_current(prepared.deliveries):
            try:
                self.write(prepared)
            except Unavailable as error:
                self.tell_lost(error, wait_s)
                self.close()
                self._connection = None
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001  (one message must never stop the others)
                structlog.get_logger().exception("batch_failed", messages=len(prepared.deliveries))
                self._settle_apart(prepared.deliveries, error, prepare)
                return
            else:
                return

    def tell_lost(self, error: Unavailable, wait_s: float) -> None:
        """Say that the database does not answer, and when it is asked again."""
        structlog.get_logger().warning("database_lost", reason=str(error), retry_in_s=wait_s)
        self._metrics.database_lost()

    def write(self, prepared: Prepared) -> None:
        """Write once; raises what goes wrong."""
        if prepared.batch is None:
            raise prepared.error or RuntimeError("nothing was prepared")
        started_s = self._clock.monotonic_s()
        with database_errors():
            new = self._commit(self._connected(), prepared)
        database_s = self._clock.monotonic_s() - started_s
        receipts = prepared.batch.receipts()
        for topic, receipt in receipts:
            self._subscriber.publish(topic, receipt)
        for delivery in prepared.deliveries:
            self._subscriber.acknowledge(delivery)
        self._on_stored(prepared.batch.n_offered)
        self._metrics.receipts_published(len(receipts))
        self._tell(prepared, new, database_s)

    def _commit(self, connection: Connection, prepared: Prepared) -> int:
        assert prepared.batch is not None  # noqa: S101  (write has looked)
        may_repeat = self._repeats.may_be_among(prepared.deliveries)
        if prepared.dated_by_arrival:
            with connection.transaction():
                new = prepared.batch.commit(connection, may_repeat=may_repeat)
                remember(connection, self._worker, prepared.dated_by_arrival, prepared.arrivals)
        else:
            new = prepared.batch.commit(connection, may_repeat=may_repeat)
        self._repeats.seen(prepared.batch.n_offered, new)
        store_statuses(connection, prepared.statuses)
        if self._clock.monotonic_s() - self._forgot_s > _FORGET_EVERY_S:
            self._forgot_s = self._clock.monotonic_s()
            forget_old(connection, self._clock.now_ms())
        return new

    def _tell(self, prepared: Prepared, new: int, database_s: float) -> None:
        assert prepared.batch is not None  # noqa: S101  (write has looked)
        line = prepared.line(self._worker)
        line.readings, line.new = prepared.batch.n_offered, new
        line.database_s = database_s
        line.total_s = self._clock.monotonic_s() - prepared.started_s
        line.quarantined = Counter(str(each.reason) for each in prepared.batch.rejections)
        self._metrics.batch_stored(
            messages=line.messages,
            readings=line.readings,
            new=new,
            quarantined_by_reason=line.quarantined,
            seconds=line.total_s,
            n_bytes=line.n_bytes,
            newest_ms=prepared.newest_ms,
        )
        self._metrics.waiting(*prepared.waiting)
        for reason, count in prepared.ignored.items():
            self._metrics.ignored(reason, count)
        structlog.get_logger().info("batch", **line.fields(self._clock.now_ms()))

    def _is_current(self, deliveries: list[Delivery]) -> bool:
        return any(self._subscriber.is_current(delivery) for delivery in deliveries)

    def _settle_apart(
        self,
        deliveries: list[Delivery],
        error: Exception,
        prepare: Callable[[list[Delivery]], Prepared],
    ) -> None:
        """Message by message; the faulty one is set aside whole."""
        self.close()
        if len(deliveries) > 1:
            for delivery in deliveries:
                self.settle(prepare([delivery]), prepare)
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
            self._metrics.database_back()
            structlog.get_logger().info("database_connected")
        return self._connection


def _set_aside(delivery: Delivery, error: Exception) -> Rejection:
    return Rejection(
        Reason.INGEST_FAILED,
        delivery.topic,
        delivery.gateway,
        delivery.payload,
        field="message",
        value=Rejection.shown(delivery.payload),
        allowed=Rejection.shown(f"a message that ingest can work on ({error!r})"),
    )
