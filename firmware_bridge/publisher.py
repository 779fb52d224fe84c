"""From the spool to the broker: batches, QoS 1, again and again until a receipt.

Two lanes: what came before the connection drains oldest first, and beside it what comes now is sent
at once, so that after an outage the village sees the present while history fills up. What was sent
is remembered in memory only: after a reconnect, or when a batch has waited too long, sending starts
again with what has no receipt. Repeats change nothing, because ingest is idempotent.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

from dust import wire
from dust.errors import BadInput, Unavailable
from firmware_bridge.connection import Connection
from firmware_bridge.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from dust.clock import Clock
    from firmware_bridge.settings import BridgeSettings
    from firmware_bridge.spool import Row, Spool

_FRESH_IN_FLIGHT: Final = 2
_FRESH_WAIT: Final = 3
_BACKLOG_WAIT: Final = 16
_RECEIPTS_KEPT: Final = 10_000
_TURN_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_ALIVE_WITHIN_S: Final = 120.0


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
        timeout_s = settings.receipt_timeout_s
        self._fresh = Lane(_FRESH_IN_FLIGHT, timeout_s, _FRESH_WAIT)
        self._backlog = Lane(settings.batches_in_flight, timeout_s, _BACKLOG_WAIT)
        self._spool_id = spool.id
        self._held = spool.held
        self._faults = 0
        self._not_before_s = float("-inf")
        self._status_due_s = 0.0
        self._turned_s = clock.monotonic_s()
        self._begin_again()
        self.receipts_are_overdue = False
        self.stopping = False
        self.fault: BaseException | None = None
        """What ended the connection for good; the program has to end with it."""
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

    def is_alive(self, now_s: float) -> bool:
        """Whether the sending goes on, for who tells the service manager."""
        return self.fault is None and now_s - self._turned_s < _ALIVE_WITHIN_S

    @property
    def has_ended(self) -> bool:
        return self.fault is not None

    def run(self) -> None:
        """Publish until `stopping`; then say `offline` and disconnect."""
        try:
            self._connection.open()
            while not self.stopping and self.fault is None:
                self._wake.wait(timeout=_TURN_S)
                self._wake.clear()
                self._turned_s = self._clock.monotonic_s()
                self._step_or_tell()
            self._say("offline")
            self._connection.close()
        except BaseException as error:  # noqa: BLE001  (the thread's end; told to who ends the program)
            self.fault = error
        if self.fault is not None:
            structlog.get_logger().critical("publishing_ended", reason=repr(self.fault))

    def _step_or_tell(self) -> None:
        """A fault here must not end the sending for ever while the reading goes on."""
        if self._clock.monotonic_s() < self._not_before_s:
            return
        try:
            self._step()
        except Exception as error:  # noqa: BLE001  (the thread's outermost loop)
            self._pause_after(error)
        else:
            if self._faults:
                structlog.get_logger().info("publishing_goes_on", failed=self._faults)
            self._faults = 0

    def _pause_after(self, error: Exception) -> None:
        """Longer each time, and told once: a card that cannot be written stays so for a while."""
        if not self._faults:
            known = isinstance(error, Unavailable)
            structlog.get_logger().error(
                "publishing_failed", reason=str(error), exc_info=None if known else error
            )
        self._faults += 1
        pause_s = min(2.0 ** min(self._faults - 1, 10), _LONGEST_PAUSE_S)
        self._not_before_s = self._clock.monotonic_s() + pause_s

    def _step(self) -> None:
        self.fault = self._connection.fault
        self._take_receipts()
        if not self._connection.is_up:
            return
        if self._connection.is_new():
            self._status_due_s = 0.0
            self._fresh.overdue = self._backlog.overdue = 0
            self._begin_again()
        if self._spool_has_changed():
            self._begin_again()
        self._begin_overdue_again()
        for lane in (self._fresh, self._backlog):
            self._publish(lane)
        self._say_status_if_due()

    def _begin_again(self) -> None:
        """The newest batch is what the village wants to see; all that is older is the backlog."""
        newest = self._newest()
        self._fresh.begin(newest, None)
        self._backlog.begin(0, newest)

    def _newest(self) -> int:
        return max(0, self._spool.last_seq - self._settings.batch_readings)

    def _spool_has_changed(self) -> bool:
        """Another spool is in use, or readings behind us got their time only now."""
        held_before, self._held = self._held, self._spool.held
        id_before, self._spool_id = self._spool_id, self._spool.id
        return id_before != self._spool_id or self._held < held_before

    def _begin_overdue_again(self) -> None:
        """Each lane by itself, and only what the broker has: a slow link is no missing receipt."""
        if self._connection.unacknowledged:
            return
        now_s = self._clock.monotonic_s()
        if self._backlog.is_overdue(now_s):
            self._tell_overdue(self._backlog)
            self._backlog.begin(0, self._backlog.upto)
        if self._fresh.is_overdue(now_s):
            self._tell_overdue(self._fresh)
            newest = self._newest()
            self._fresh.begin(newest, None)
            # What the fresh lane leaves behind has been sent, perhaps in vain: history, now.
            self._backlog.upto = newest

    def _tell_overdue(self, lane: Lane) -> None:
        lane.overdue += 1
        if not self.receipts_are_overdue:
            self.receipts_are_overdue = True
            structlog.get_logger().warning("receipt_overdue", depth=self._spool.depth)

    def _publish(self, lane: Lane) -> None:
        while lane.has_room and self._connection.has_room:
            rows = self._spool.after(
                lane.sent_to, self._settings.batch_readings, lane.upto, of=self._spool_id
            )
            if not rows:
                return
            self._send(rows)
            lane.sent(rows[0].seq, rows[-1].seq, self._clock.monotonic_s())

    def _send(self, rows: list[Row]) -> None:
        payload = wire.encode_batch(self._settings.gateway, self._spool_id, rows)
        self._connection.publish(wire.readings_topic(self._settings.gateway), payload)

    def _take_receipts(self) -> None:
        while self._receipts:
            payload = self._receipts.popleft()
            try:
                self._take_receipt(wire.decode_receipt(payload))
            except BadInput as error:
                structlog.get_logger().warning("receipt_refused", reason=str(error))
            except Unavailable:
                self._receipts.appendleft(payload)  # could not be booked now: tried again
                raise

    def _take_receipt(self, receipt: wire.Receipt) -> None:
        if receipt.spool != self._spool_id:
            return
        self._spool.confirm(receipt.ranges, of=self._spool_id)
        for lane in (self._fresh, self._backlog):
            lane.forget(self._is_waiting)
        if self.receipts_are_overdue:
            self.receipts_are_overdue = False
            structlog.get_logger().info("receipts_come_again", depth=self._spool.depth)

    def _is_waiting(self, first: int, last: int) -> bool:
        """Whether any reading of the batch is still in the spool: ranges may have holes."""
        return bool(self._spool.after(first - 1, 1, last, of=self._spool_id))

    def _say_status_if_due(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + self._settings.status_interval_s
            self._say("online")

    def _say(self, state: str) -> None:
        status = self._status()
        status.state = state
        self._connection.say(wire.status_topic(self._settings.gateway), wire.encode(status))
