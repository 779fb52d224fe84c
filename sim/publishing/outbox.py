"""The outbox of one gateway: numbers readings, makes batches, keeps them until their receipt."""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING

from dust import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.fleet import Made


class Batch:
    """A message that was made, when it must be sent again, and which of it has no receipt yet.

    `handed_over` is what the carrier called it when it was last sent.
    """

    __slots__ = ("due_s", "first", "handed_over", "last", "left", "payload")

    def __init__(self, first: int, last: int, payload: bytes) -> None:
        self.first = first
        self.last = last
        self.payload = payload
        self.due_s = 0.0
        self.handed_over = 0
        self.left = [(first, last)]

    @property
    def readings(self) -> int:
        """How many of its readings have no receipt."""
        return sum(last - first + 1 for first, last in self.left)

    def cover(self, first: int, last: int) -> None:
        """Takes out what a closed range covers."""
        if first <= self.first and self.last <= last:
            self.left = []
            return
        self.left = [
            piece
            for left_first, left_last in self.left
            for piece in _around(left_first, left_last, first, last)
            if piece[0] <= piece[1]
        ]


class Outbox:
    """A spool in memory, with an identity of its own: what it numbered dies with the process."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.spool = str(uuid.uuid4())
        self.last_seq = 0
        self.waiting = 0
        self.in_flight: dict[int, Batch] = {}
        self._rows: deque[tuple[int, int, bytes]] = deque()

    @property
    def numbered(self) -> int:
        """Rows that have not been put into a batch."""
        return len(self._rows)

    def put(self, readings: Iterable[Made]) -> int:
        """Numbers readings behind the last; says how many there were."""
        before = self.last_seq
        for made in readings:
            self.last_seq += 1
            self._rows.append((self.last_seq, made[0], made[1]))
        return self.last_seq - before

    def batch(self) -> Batch | None:
        """The oldest rows as a message, in flight from now on; None when there are none."""
        if not self._rows:
            return None
        size = min(len(self._rows), wire.MAX_READINGS)
        rows = [self._rows.popleft() for _ in range(size)]
        made = Batch(rows[0][0], rows[-1][0], wire.encode_batch(self.gateway, self.spool, rows))
        self.in_flight[made.first] = made
        self.waiting += size
        return made

    def confirm(self, ranges: Sequence[tuple[int, int]]) -> list[Batch]:
        """Forgets what a receipt covers; returns the batches that are done with it."""
        done = []
        for first, last in ranges:
            for batch in self._touched(first, last):
                left = batch.readings
                batch.cover(first, last)
                self.waiting -= left - batch.readings
                if not batch.left:
                    done.append(self.in_flight.pop(batch.first))
        return done

    def due(self, now_s: float) -> list[Batch]:
        """Batches that have waited too long for their receipt."""
        return [batch for batch in self.in_flight.values() if batch.due_s <= now_s]

    def _touched(self, first: int, last: int) -> list[Batch]:
        exact = self.in_flight.get(first)
        if exact is not None and exact.last == last:
            return [exact]
        batches = self.in_flight.values()
        return [batch for batch in batches if batch.first <= last and first <= batch.last]


def _around(first: int, last: int, cut_first: int, cut_last: int) -> tuple[tuple[int, int], ...]:
    """What is left of a closed range before and behind another; empty where first > last."""
    return ((first, min(last, cut_first - 1)), (max(first, cut_last + 1), last))
