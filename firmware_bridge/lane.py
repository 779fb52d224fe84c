"""Where sending has got to among a part of the spool, and what of it is on its way."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class _Batch(NamedTuple):
    first: int
    last: int
    deadline_s: float


class Lane:
    """Batches behind a number (and up to one), so many on their way at a time.

    A receipt is waited for longer after each time that it stayed out, up to `longest_wait` times
    the time-out, and never equally long at all gateways.
    """

    def __init__(self, width: int, timeout_s: float, longest_wait: int) -> None:
        self._width = width
        self._timeout_s = timeout_s
        self._longest_wait = longest_wait
        self._lots = random.Random()  # noqa: S311  (spreads gateways, keeps no secret)
        self._in_flight: deque[_Batch] = deque()
        self.overdue = 0
        """Time-outs in a row."""
        self.sent_to = 0
        self.upto: int | None = None

    def begin(self, behind: int, upto: int | None) -> None:
        self._in_flight.clear()
        self.sent_to = behind
        self.upto = upto

    @property
    def has_room(self) -> bool:
        return len(self._in_flight) < self._width

    def sent(self, first: int, last: int, now_s: float) -> None:
        self._in_flight.append(_Batch(first, last, now_s + self._patience_s()))
        self.sent_to = last

    def forget(self, is_waiting: Callable[[int, int], bool]) -> None:
        """Of each batch `is_waiting(first, last)` tells whether any of it still has no receipt."""
        self._in_flight = deque(
            batch for batch in self._in_flight if is_waiting(batch.first, batch.last)
        )
        self.overdue = 0

    def is_overdue(self, now_s: float) -> bool:
        return bool(self._in_flight) and now_s > self._in_flight[0].deadline_s

    def _patience_s(self) -> float:
        times = min(1 << min(self.overdue, 10), self._longest_wait)
        return self._timeout_s * times * self._lots.uniform(1.0, 1.25)
