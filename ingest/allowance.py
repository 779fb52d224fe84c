"""How much one gateway may send while ingest cannot keep up: the others must not wait behind it.

A token bucket of bytes for each topic. Beyond it, and only while the inbox is full, messages of our
own protocol are acknowledged to the broker and dropped: they get no receipt, so the gateway's spool
keeps their readings and sends them again. Devices without a spool are never cut short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dust.clock import Clock

_MOST_TOPICS: Final = 10_000


class Allowance:
    """Asked by the thread that hears."""

    def __init__(self, burst_bytes: int, bytes_per_s: int, clock: Clock) -> None:
        self._burst = float(burst_bytes)
        self._rate = float(bytes_per_s)
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        """By topic: the bytes that were left, and when."""

    def covers(self, topic: str, n_bytes: int) -> bool:
        """Whether the topic may send so much more now; takes it off either way."""
        now_s = self._clock.monotonic_s()
        left, since_s = self._left.get(topic, (self._burst, now_s))
        left = min(self._burst, left + (now_s - since_s) * self._rate) - n_bytes
        # A flood is owed no more than a burst, or a gateway would be mute for days after it.
        self._left[topic] = max(left, -self._burst), now_s
        if len(self._left) > _MOST_TOPICS:
            self._forget(now_s)
        return left >= 0

    def _forget(self, now_s: float) -> None:
        """Topics whose bucket is full again; where all are in use, the oldest half."""
        kept = {
            topic: (left, since_s)
            for topic, (left, since_s) in self._left.items()
            if left + (now_s - since_s) * self._rate < self._burst
        }
        while len(kept) > _MOST_TOPICS // 2:
            del kept[next(iter(kept))]
        self._left = kept
