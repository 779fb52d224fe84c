"""Messages that have come and wait for their turn: fair between those who send.

A gateway that floods fills its own row; the others' messages are taken in turn with its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

from dust.wire import gateway_of, is_ours

if TYPE_CHECKING:
    from dust.clock import Clock


class Delivery(NamedTuple):
    """A message that waits for its acknowledgement."""

    topic: str
    payload: bytes
    mid: int
    epoch: int
    qos: int = 1
    retain: bool = False
    dup: bool = False
    arrived_ms: int = 0

    @property
    def gateway(self) -> str:
        """Who answers for it; of a foreign device, the topic."""
        return gateway_of(self.topic) if is_ours(self.topic) else self.topic


class Inbox:
    """Put by the MQTT library's thread, taken by the pipeline's.

    It holds so many messages and bytes. A broker should send no more than the session's Receive
    Maximum, but Mosquitto 2.0.11 keeps to that only until the first acknowledgement: so whoever
    puts more has to wait, and the broker with it.
    """

    def __init__(self, capacity: int, most_bytes: int, patience_s: float) -> None:
        self._capacity = capacity
        self._most_bytes = most_bytes
        self._patience_s = patience_s
        self._rows: OrderedDict[str, deque[Delivery]] = OrderedDict()
        self._waiting = 0
        self._bytes = 0
        self._unsettled = 0
        self._held_bytes = 0
        self._is_closed = False
        self._changed = threading.Condition()

    @property
    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that wait to be taken."""
        return self._waiting, self._bytes

    @property
    def is_full(self) -> bool:
        """Whether all that may be here without acknowledgement is here."""
        return self._unsettled >= self._capacity or self._held_bytes >= self._most_bytes

    def put(self, delivery: Delivery) -> None:
        """Keep it; waits for room first, but no longer than the connection can be left alone."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or not self.is_full, self._patience_s)
            if self._is_closed:
                return
            self._rows.setdefault(delivery.topic, deque()).append(delivery)
            self._waiting += 1
            self._unsettled += 1
            self._bytes += len(delivery.payload)
            self._held_bytes += len(delivery.payload)
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing more: nobody will take it out. The broker sends it again another time."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def settled(self, deliveries: list[Delivery]) -> None:
        """These were acknowledged or dropped: others may come."""
        with self._changed:
            self._unsettled -= len(deliveries)
            self._held_bytes -= sum(len(delivery.payload) for delivery in deliveries)
            self._changed.notify_all()

    def take(self, n_bytes: int, linger_s: float, timeout_s: float, clock: Clock) -> list[Delivery]:
        """Messages of about so many bytes, in turn by topic; none after `timeout_s`.

        More are waited for, but for `linger_s` at most, and not where none can come because all
        that the broker may send without acknowledgement is here.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, timeout_s):
                return []
            until_s = clock.monotonic_s() + linger_s
            while self._bytes < n_bytes and not self.is_full:
                left_s = until_s - clock.monotonic_s()
                if left_s <= 0 or not self._changed.wait(left_s):
                    break
            return self._take_in_turn(n_bytes)

    def _take_in_turn(self, size: int) -> list[Delivery]:
        taken: list[Delivery] = []
        while self._rows and size > 0:
            topic, row = self._rows.popitem(last=False)
            delivery = row.popleft()
            if row:
                self._rows[topic] = row
            taken.append(delivery)
            size -= len(delivery.payload)
            self._bytes -= len(delivery.payload)
        self._waiting -= len(taken)
        return taken
