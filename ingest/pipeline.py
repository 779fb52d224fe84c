"""Gather, decode, check, write, then tell the gateway, then acknowledge.

One thread prepares a batch while another writes the one before, and the MQTT library's hears more:
the database and this process work at the same time.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust.errors import Unavailable
from dust.storage.connection import connect, database_errors
from ingest.batch import Batch
from ingest.decoding import Decoder
from ingest.settling import Prepared, Settling

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.inbox import Delivery, Inbox
    from ingest.registry import RegisteredSensor, Registry
    from ingest.settings import IngestSettings
    from ingest.subscriber import Subscriber

_TURN_S: Final = 0.25
_LONGEST_WAIT_S: Final = 5.0


class Pipeline:
    """One worker's loop."""

    def __init__(
        self,
        settings: IngestSettings,
        inbox: Inbox,
        subscriber: Subscriber,
        registry: Registry,
        clock: Clock,
        on_stored: Callable[[int], None],
    ) -> None:
        self._settings = settings.ingest
        self._dsn = settings.database.url.get_secret_value()
        self._inbox = inbox
        self._registry = registry
        self._clock = clock
        self._decoder = Decoder(settings.ingest.ahead_tolerance_s)
        self._settling = Settling(
            self._dsn, subscriber, clock, self._prepare_when_possible, on_stored
        )
        self._subscriber = subscriber
        self._looking_up: Connection | None = None
        self._preparing = threading.Lock()
        self._prepared: queue.Queue[Prepared | None] = queue.Queue(maxsize=1)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        settling = threading.Thread(target=self._settle_all, name="settling")
        settling.start()
        while not self._stopping.is_set():
            deliveries = self._inbox.take(
                self._settings.flush_readings, self._settings.flush_after_s, _TURN_S, self._clock
            )
            if deliveries:
                self._prepared.put(self._prepare_when_possible(deliveries))
        self._prepared.put(None)
        settling.join()
        self.close()

    def stop(self) -> None:
        self._stopping.set()
        self._settling.stop()

    def close(self) -> None:
        """Leave the database."""
        self._settling.close()
        if self._looking_up is not None:
            self._looking_up.close()

    def take_in(self, deliveries: list[Delivery]) -> None:
        """Prepare and write once, here and now; raises what goes wrong."""
        self._settling.write(self._prepare(deliveries))

    def settle(self, deliveries: list[Delivery]) -> None:
        """Prepare and write here and now, as the two threads would."""
        self._settling.settle(self._prepare_when_possible(deliveries))

    def _settle_all(self) -> None:
        while (prepared := self._prepared.get()) is not None:
            self._settling.settle(prepared)
            self._inbox.settled(len(prepared.deliveries))

    def _prepare_when_possible(self, deliveries: list[Delivery]) -> Prepared:
        """Prepare as soon as the database can tell which sensors there are."""
        wait_s = 0.1
        while True:
            try:
                return self._prepare(deliveries)
            except Unavailable as error:
                if self._stopping.is_set() or not self._has_current(deliveries):
                    return Prepared(deliveries, None, error=error)
                structlog.get_logger().warning("lookup_waits", reason=str(error))
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001  (set aside message by message)
                return Prepared(deliveries, None, error=error)

    def _prepare(self, deliveries: list[Delivery]) -> Prepared:
        with self._preparing:
            started_s = self._clock.monotonic_s()
            now_ms = self._clock.now_ms()
            told = [(d.topic, d.payload) for d in deliveries if d.topic.endswith("/readings")]
            messages, columns = self._decoder.decode_all(told, now_ms)
            codes = {reading.sensor for each in messages for reading in each.readings}
            batch = Batch(self._find(codes), now_ms)
            for (topic, _), message in zip(told, messages, strict=True):
                batch.take(topic, message)
            batch.prepare(columns)
            return Prepared(deliveries, batch, (self._clock.monotonic_s() - started_s) * 1000)

    def _find(self, codes: set[str]) -> dict[str, RegisteredSensor]:
        with database_errors():
            if self._looking_up is None or self._looking_up.closed:
                self._looking_up = connect(self._dsn)
            return self._registry.find(self._looking_up, codes)

    def _has_current(self, deliveries: list[Delivery]) -> bool:
        return any(self._subscriber.is_current(delivery) for delivery in deliveries)
