"""From the spool to the broker: batches, QoS 1, again and again until a receipt.

Two lanes: what came before the connection drains oldest first, and beside it what comes now is sent
at once, so that after an outage the village sees the present while history fills up. What was sent
is remembered in memory only: after a reconnect, or when a batch has waited too long, sending starts
again with what has no receipt. Repeats change nothing, because ingest is idempotent.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from dust import wire
from dust.errors import BadInput
from firmware_bridge.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from dust.clock import Clock
    from firmware_bridge.settings import BridgeSettings
    from firmware_bridge.spool import Row, Spool

_FRESH_IN_FLIGHT: Final = 2
_LONGEST_WAIT: Final = 16
"""A receipt is waited for up to so many times the time-out, where none comes again and again."""
_RECEIPTS_KEPT: Final = 10_000


class _Batch(NamedTuple):
    first: int
    last: int
    deadline_s: float


class _Lane:
    """Where sending has got to among the readings up to a number, and what is on its way."""

    def __init__(self, width: int, sent_to: int, upto: int | None) -> None:
        self.width = width
        self.sent_to = sent_to
        self.upto = upto
        self.in_flight: deque[_Batch] = deque()

    def forget(self, ranges: list[tuple[int, int]]) -> None:
        """A batch is done when its receipt covers it; one partly covered waits for its deadline."""
        self.in_flight = deque(
            batch
            for batch in self.in_flight
            if not any(first <= batch.first and batch.last <= last for first, last in ranges)
        )

    def is_overdue(self, now_s: float) -> bool:
        return bool(self.in_flight) and now_s > self.in_flight[0].deadline_s


class Publisher:
    """One connection to the broker, driven by `run` in its own thread."""

    def __init__(
        self,
        settings: BridgeSettings,
        spool: Spool,
        clock: Clock,
        status: Callable[[], wire.GatewayStatus],
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._clock = clock
        self._status = status
        self._wake = threading.Event()
        self._receipts: deque[bytes] = deque(maxlen=_RECEIPTS_KEPT)
        self._lots = random.Random()  # noqa: S311  (spreads gateways, keeps no secret)
        self._spool_id = spool.id
        self._held = spool.held
        self._overdue = 0
        self._status_due_s = 0.0
        self._begin_again()
        self.stopping = False
        self._connection = Connection(
            settings, on_receipt=self._receipts.append, on_event=self.wake
        )

    def wake(self) -> None:
        """Something is new: readings, a receipt, a connection, or the end."""
        self._wake.set()

    def say_status_soon(self) -> None:
        """Something changed that people should see before the next status is due."""
        self._status_due_s = 0.0
        self.wake()

    def run(self) -> None:
        """Publish until `stopping`; then say `offline` and disconnect."""
        self._connection.open()
        while not self.stopping:
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            self._step_or_tell()
        self._say("offline")
        self._connection.close()

    def _step_or_tell(self) -> None:
        """A fault here must not end the sending for ever while the reading goes on."""
        try:
            self._step()
        except Exception:  # noqa: BLE001  (the thread's outermost loop)
            structlog.get_logger().exception("publishing_failed", spool_depth=self._spool.depth)
            self._begin_again()
            self._wake.clear()

    def _step(self) -> None:
        self._take_receipts()
        if not self._connection.is_up:
            return
        if self._connection.is_new():
            self._status_due_s = 0.0
            self._begin_again()
        if self._spool_has_changed() or self._is_overdue():
            self._begin_again()
        for lane in (self._fresh, self._backlog):
            self._publish(lane)
        self._say_status_if_due()

    def _begin_again(self) -> None:
        """The newest batch is what the village wants to see; all that is older is the backlog."""
        self._spool_id = self._spool.id
        newest = max(0, self._spool.last_seq - self._settings.batch_readings)
        self._fresh = _Lane(_FRESH_IN_FLIGHT, newest, None)
        self._backlog = _Lane(self._settings.batches_in_flight, 0, newest)

    def _spool_has_changed(self) -> bool:
        """Another spool is in use, or readings behind us got their time only now."""
        held_before, self._held = self._held, self._spool.held
        return self._spool_id != self._spool.id or self._held < held_before

    def _is_overdue(self) -> bool:
        now_s = self._clock.monotonic_s()
        if not (self._fresh.is_overdue(now_s) or self._backlog.is_overdue(now_s)):
            return False
        self._overdue += 1
        structlog.get_logger().warning(
            "receipt_overdue", depth=self._spool.depth, times=self._overdue
        )
        return True

    def _publish(self, lane: _Lane) -> None:
        while len(lane.in_flight) < lane.width and self._connection.has_room:
            rows = self._spool.after(
                lane.sent_to, self._settings.batch_readings, lane.upto, of=self._spool_id
            )
            if not rows:
                return
            self._send(rows)
            lane.in_flight.append(_Batch(rows[0].seq, rows[-1].seq, self._deadline_s()))
            lane.sent_to = rows[-1].seq

    def _send(self, rows: list[Row]) -> None:
        payload = wire.encode_batch(self._settings.gateway, self._spool_id, rows)
        self._connection.publish(wire.readings_topic(self._settings.gateway), payload)

    def _deadline_s(self) -> float:
        """Twice as long after every time-out in a row, and never for all gateways at once."""
        wait_s = self._settings.receipt_timeout_s * min(1 << self._overdue, _LONGEST_WAIT)
        return self._clock.monotonic_s() + wait_s * self._lots.uniform(1.0, 1.25)

    def _take_receipts(self) -> None:
        while self._receipts:
            payload = self._receipts.popleft()
            try:
                receipt = wire.decode_receipt(payload)
            except BadInput as error:
                structlog.get_logger().warning("receipt_refused", reason=str(error))
                continue
            if receipt.spool == self._spool_id:
                self._take_receipt(receipt)

    def _take_receipt(self, receipt: wire.Receipt) -> None:
        self._spool.confirm(receipt.ranges, of=self._spool_id)
        self._fresh.forget(receipt.ranges)
        self._backlog.forget(receipt.ranges)
        self._overdue = 0

    def _say_status_if_due(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + self._settings.status_interval_s
            self._say("online")

    def _say(self, state: str) -> None:
        status = self._status()
        status.state = state
        topic = wire.status_topic(self._settings.gateway)
        self._connection.publish(topic, wire.encode(status), retain=True)
