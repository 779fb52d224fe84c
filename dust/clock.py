"""Where the time comes from: the only place that asks the machine's clock.

Every service is given a `Clock`. The gateways of a replay are given a `ReplayClock`, whose hand
another process moves; nothing that reads a clock can tell the difference.
"""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

_HAND = struct.Struct("<q")  # epoch milliseconds UTC; eight aligned bytes are read in one piece


class Clock(Protocol):
    """Tells the time: the instant, and a count that never jumps."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow; for time-outs, never for stamps."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()


class ReplayClock:
    """A clock whose hand another process moves, read from a file of eight bytes.

    The monotonic count stays the machine's: time-outs are real while stamps are replayed.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._hand = mmap.mmap(file.fileno(), _HAND.size, access=mmap.ACCESS_READ)

    def now_ms(self) -> int:
        (instant_ms,) = _HAND.unpack_from(self._hand)
        return int(instant_ms)

    def monotonic_s(self) -> float:
        return time.monotonic()


class ReplayClockHand:
    """The writing end of a `ReplayClock`: makes the file and moves the hand."""

    def __init__(self, path: Path, start_ms: int = 0) -> None:
        path.write_bytes(_HAND.pack(start_ms))
        with path.open("r+b") as file:
            self._hand = mmap.mmap(file.fileno(), _HAND.size, access=mmap.ACCESS_WRITE)

    def set_ms(self, instant_ms: int) -> None:
        _HAND.pack_into(self._hand, 0, instant_ms)


def instant(epoch_ms: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    seconds, milliseconds = divmod(epoch_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def epoch_ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime."""
    if moment.tzinfo is None:
        raise ValueError(f"moment = {moment!r}: allowed is a datetime with a time zone")
    return round(moment.timestamp() * 1000)
