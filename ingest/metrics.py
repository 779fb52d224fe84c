"""What a worker counts of itself, for OpenMetrics (docs/metrics.md).

One registry per worker, built by the composition root; nothing is served by the library's global
one. The pipeline tells plain numbers; telling costs a few microseconds and asks nobody. Reasons are
labels, gateways are not: there may be thousands.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MOST_REASONS: Final = 64
_OTHER: Final = "other"


class _ByReason:
    """A counter by reason; beyond so many reasons all are one, whatever a caller invents."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._known: dict[str, Counter] = {}

    def add(self, reason: str, count: float) -> None:
        known = self._known.get(reason)
        if known is None:
            name = str(reason) if len(self._known) < _MOST_REASONS else _OTHER
            known = self._counter.labels(name)
            if name != _OTHER:
                self._known[reason] = known
        known.inc(count)


class Metrics:
    """The numbers of one worker; every method may be called from any thread."""

    def __init__(self, worker: str, version: str) -> None:
        self.registry = CollectorRegistry()
        self._broker = threading.Event()
        self._newest_ms = 0
        Info("dust_ingest", "The worker and its version.", registry=self.registry).info(
            {"worker": worker, "version": version}
        )
        self._count_batches()
        self._watch_connections()
        self._watch_queues()
        ProcessCollector(registry=self.registry)

    # --- Told by the pipeline ---------------------------------------------------------------------
    def batch_stored(  # noqa: PLR0913  (plain numbers, all named at the call)
        self,
        *,
        messages: int,
        readings: int,
        new: int,
        quarantined_by_reason: Mapping[str, int],
        seconds: float,
        n_bytes: int,
        newest_ms: int | None = None,
    ) -> None:
        """A batch is committed, its receipts are on their way.

        Args:
            messages: messages that it settled.
            readings: readings that are in the database now, new or known before.
            new: of these, the new ones.
            quarantined_by_reason: refused readings and messages.
            seconds: from the first look at the batch to its last receipt.
            n_bytes: bytes of the payloads.
            newest_ms: the latest phenomenon time among the readings, epoch ms.
        """
        self._messages.inc(messages)
        self._bytes.inc(n_bytes)
        self._stored.inc(new)
        self._repeated.inc(readings - new)
        self._seconds.observe(seconds)
        for reason, count in quarantined_by_reason.items():
            self._quarantined.add(reason, count)
        if newest_ms is not None and newest_ms > self._newest_ms:
            self._newest_ms = newest_ms
            self._newest.set(newest_ms / 1000)

    def receipts_published(self, count: int) -> None:
        self._receipts.inc(count)

    def ignored(self, reason: str, count: int = 1) -> None:
        """Messages that are neither stored nor kept (a retained copy, a topic of nobody's)."""
        self._ignored.add(reason, count)

    def held_off(self, n_bytes: int) -> None:
        """A message of a flooding gateway was left to its spool, without a receipt."""
        self._held_messages.inc()
        self._held_bytes.inc(n_bytes)

    def waiting(self, messages: int, n_bytes: int) -> None:
        """What has come from the broker and is not settled."""
        self._waiting_messages.set(messages)
        self._waiting_bytes.set(n_bytes)

    def hours_made(self, count: int) -> None:
        """Hours whose averages the recompute worker has made."""
        self._hours.inc(count)

    # --- Told by the connections ------------------------------------------------------------------
    def database_lost(self) -> None:
        self._database_losses.inc()
        self._database_up.set(0)

    def database_back(self) -> None:
        """The database is there, for the first time or again."""
        self._database_up.set(1)

    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  (a state, not a choice)
        if self._broker.is_set() and not connected:
            self._broker_losses.inc()
        (self._broker.set if connected else self._broker.clear)()
        self._broker_up.set(connected)

    @property
    def broker_is_connected(self) -> bool:
        return self._broker.is_set()

    # --- The families -----------------------------------------------------------------------------
    def _count_batches(self) -> None:
        self._seconds = self._histogram(
            "batch_duration_seconds", "From the first look at a batch to its last receipt."
        )
        self._messages = self._counter("messages", "Messages settled.")
        self._bytes = self._counter("message_bytes", "Bytes of the settled messages' payloads.")
        readings = self._counter(
            "readings", "Readings in the database: stored, or repeated (known before).", "outcome"
        )
        self._stored, self._repeated = readings.labels("stored"), readings.labels("repeated")
        self._quarantined = _ByReason(
            self._counter("quarantined", "Readings and messages put in quarantine.", "reason")
        )
        self._ignored = _ByReason(
            self._counter("ignored_messages", "Messages neither stored nor kept.", "reason")
        )
        self._receipts = self._counter("receipts", "Receipts published.")
        self._hours = self._counter("hours_made", "Hours whose averages were made.")
        self._newest = self._gauge(
            "newest_reading_timestamp_seconds",
            "Latest phenomenon time stored since the worker started; NaN before the first.",
        )
        self._newest.set(float("nan"))  # 0 would be an age of decades

    def _watch_connections(self) -> None:
        self._database_up = self._gauge("database_connected", "1 while the database takes batches.")
        self._database_losses = self._counter("database_losses", "Times the database was lost.")
        self._broker_up = self._gauge("broker_connected", "1 while connected to the broker.")
        self._broker_losses = self._counter("broker_losses", "Times the broker was lost.")

    def _watch_queues(self) -> None:
        self._waiting_messages = self._gauge("waiting_messages", "Received and not settled.")
        self._waiting_bytes = self._gauge("waiting_bytes", "Payloads received and not settled.")
        self._held_messages = self._counter(
            "held_off_messages", "Messages of flooding gateways left to their spools."
        )
        self._held_bytes = self._counter("held_off_bytes", "Bytes of their payloads.")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        full, unit = f"dust_ingest_{name}", _unit_of(name)
        return Counter(full, meaning, labels, unit=unit, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        full, unit = f"dust_ingest_{name}", _unit_of(name)
        return Gauge(full, meaning, unit=unit, registry=self.registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        full, unit = f"dust_ingest_{name}", _unit_of(name)
        return Histogram(full, meaning, unit=unit, buckets=BATCH_SECONDS, registry=self.registry)


class Unmeasured(Metrics):
    """Takes every number and keeps none: for a worker whose metrics nobody asks for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._broker = threading.Event()

    def _forget(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  (whatever it is)
        """Told to nobody."""

    batch_stored = receipts_published = ignored = held_off = waiting = hours_made = _forget
    database_lost = database_back = broker_connected = _forget


def _unit_of(name: str) -> str:
    """The base unit that the name ends with, as OpenMetrics wants it said; '' for a count."""
    last = name.rpartition("_")[2]
    return last if last in {"seconds", "bytes"} else ""
