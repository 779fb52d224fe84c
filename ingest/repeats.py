"""Whether readings may have come before: then they are written the careful way, which costs more.

A guess that only the cost depends on: whichever way, a reading is stored once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dust.clock import Clock
    from ingest.inbox import Delivery

_MORE_FOR_S: Final = 30.0
"""Repeats come together: after an outage, or while another worker is given the same."""


class Repeats:
    """Remembers when the last repeat was seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s = float("-inf")

    def may_be_among(self, deliveries: Iterable[Delivery]) -> bool:
        """Whether the broker says so of a message, or there were repeats a moment ago."""
        return self._clock.monotonic_s() < self._until_s or any(each.dup for each in deliveries)

    def seen(self, offered: int, new: int) -> None:
        """So many readings were offered to the database, and so many of them were new."""
        if new < offered:
            self._until_s = self._clock.monotonic_s() + _MORE_FOR_S
