"""Gather, decode, check, write, then tell the gateway, then acknowledge.

One thread prepares a batch while another writes the one before, and the MQTT library's hears more:
the database and this process work at the same time.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from dust.errors import Unavailable
from dust.storage.connection import connect, database_errors
from ingest.batch import Batch
from ingest.foreign.arrivals import recalled
from ingest.prepared import Prepared

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.clock import Clock
    from ingest.inbox import Delivery, Inbox
    from ingest.intake import Intake, Taken
    from ingest.registry import Registry
    from ingest.settings import IngestSettings
    from ingest.settling import Settling

_TURN_S: Final = 0.25
_END_WITHIN_S: Final = 5.0
_LONGEST_WAIT_S: Final = 5.0


class Pipeline:
    """One worker's loop."""

    def __init__(
        self,
        settings: IngestSettings,
        inbox: Inbox,
        intake: Intake,
        registry: Registry,
        settling: Settling,
        clock: Clock,
    ) -> None:
        self._settings = settings.ingest
        self._dsn = settings.database.url.get_secret_value()
        self._inbox = inbox
        self._intake = intake
        self._registry = registry
        self._settling = settling
        self._clock = clock
        self._looking_up: Connection | None = None
        self._preparing = threading.Lock()
        self._prepared: queue.Queue[Prepared | None] = queue.Queue(maxsize=1)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        # A daemon: a database that hangs must not keep the process from ending.
        settling = threading.Thread(target=self._settle_all, name="settling", daemon=True)
        settling.start()
        while not self._stopping.is_set():
            deliveries = self._inbox.take(
                self._settings.flush_bytes, self._settings.flush_after_s, _TURN_S, self._clock
            )
            if deliveries:
                self._hand_over(self._prepare_when_possible(deliveries))
        self._end(settling)

    def _end(self, settling: threading.Thread) -> None:
        """Let the batch that is being written end, but not for ever."""
        until_s = time.monotonic() + _END_WITHIN_S
        while settling.is_alive() and time.monotonic() < until_s:
            with suppress(queue.Full):
                self._prepared.put(None, timeout=_TURN_S)
            settling.join(_TURN_S)
        if settling.is_alive():
            structlog.get_logger().warning("batch_given_up", waited_s=_END_WITHIN_S)
        else:
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
        self._settling.settle(self._prepare_when_possible(deliveries), self._prepare_when_possible)

    def _hand_over(self, prepared: Prepared) -> None:
        while not self._stopping.is_set():
            with suppress(queue.Full):
                self._prepared.put(prepared, timeout=_TURN_S)
                return

    def _settle_all(self) -> None:
        while (prepared := self._prepared.get()) is not None:
            self._settling.settle(prepared, self._prepare_when_possible)
            self._inbox.settled(prepared.deliveries)

    def _prepare_when_possible(self, deliveries: list[Delivery]) -> Prepared:
        """Prepare as soon as the database can tell which sensors there are."""
        wait_s = 0.1
        while True:
            try:
                return self._prepare(deliveries)
            except Unavailable as error:
                if self._stopping.is_set():
                    return Prepared(deliveries, error=error)
                self._settling.tell_lost(error, wait_s)
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001  (set aside message by message)
                return Prepared(deliveries, error=error)

    def _prepare(self, deliveries: list[Delivery]) -> Prepared:
        with self._preparing:
            started_s = self._clock.monotonic_s()
            now_ms = self._clock.now_ms()
            arrivals = self._arrivals(deliveries)
            taken = self._intake.take(deliveries, arrivals, now_ms)
            decode_s = self._clock.monotonic_s() - started_s
            batch = self._batch_of(taken, now_ms)
            waiting = self._inbox.waiting
            return Prepared(deliveries, started_s, decode_s, batch, taken, arrivals, waiting)

    def _batch_of(self, taken: Taken, now_ms: int) -> Batch:
        codes = {reading.sensor for _, message in taken.messages for reading in message.readings}
        with database_errors():
            batch = Batch(self._registry.find(self._connected(), codes), now_ms)
        for topic, message in taken.messages:
            batch.take(topic, message)
        batch.prepare(taken.columns)
        return batch

    def _arrivals(self, deliveries: list[Delivery]) -> dict[int, int]:
        """The first arrivals of what comes again and was committed."""
        if not any(each.dup for each in deliveries):
            return {}
        with database_errors():
            return recalled(self._connected(), self._settings.worker, deliveries)

    def _connected(self) -> Connection:
        if self._looking_up is None or self._looking_up.closed:
            self._looking_up = connect(self._dsn)
        return self._looking_up
