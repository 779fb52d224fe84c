"""Where the time comes from: the only place that asks the machine's clock.

Every service is given a `Clock`. The gateways of a replay are given a `ReplayClock`, whose hand
another process moves; nothing that reads a clock can tell the difference.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_COUNT = struct.Struct("<q")  # milliseconds; eight aligned bytes are read in one piece
_FILE_BYTES = 32  # since boot, what the clock is ahead of that, boot
_AHEAD_AT, _BOOT_AT = 8, 16
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
_NOT_SYNCHRONISED = 5  # TIME_ERROR of <sys/timex.h>
_TIMEX_BYTES = 512  # more than struct timex has anywhere; zeros only ask


class Clock(Protocol):
    """Tells the time: the instant, and counts that never jump."""

    boot: str
    """Which start of the machine `since_boot_ms` counts from."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC; wrong until somebody has set the machine's clock."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow; for time-outs, never for stamps."""
        ...

    def since_boot_ms(self) -> int:
        """Milliseconds since the machine started; they outlive the process, not the machine."""
        ...

    def synchronised(self) -> bool:
        """Whether the machine's clock has been set by one that knows the time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def __init__(self) -> None:
        self.boot = _boot()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def since_boot_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def synchronised(self) -> bool:
        """As the kernel has been told by the machine's time service (adjtimex)."""
        answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return 0 <= int(answer) != _NOT_SYNCHRONISED


class ReplayClock:
    """A clock whose hand another process moves, read from a file of 32 bytes.

    The monotonic count stays the machine's: time-outs are real while stamps are replayed.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._hand = mmap.mmap(file.fileno(), _FILE_BYTES, access=mmap.ACCESS_READ)
        self.boot = str(uuid.UUID(bytes=self._hand[_BOOT_AT:_FILE_BYTES]))

    def now_ms(self) -> int:
        (ahead_ms,) = _COUNT.unpack_from(self._hand, _AHEAD_AT)
        return self.since_boot_ms() + int(ahead_ms)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def since_boot_ms(self) -> int:
        (count_ms,) = _COUNT.unpack_from(self._hand)
        return int(count_ms)

    def synchronised(self) -> bool:
        return True


class ReplayClockHand:
    """The writing end of a `ReplayClock`: makes the file and moves the hand."""

    def __init__(self, path: Path, start_ms: int = 0) -> None:
        path.write_bytes(_COUNT.pack(start_ms) + _COUNT.pack(0) + uuid.uuid4().bytes)
        with path.open("r+b") as file:
            self._hand = mmap.mmap(file.fileno(), _FILE_BYTES, access=mmap.ACCESS_WRITE)
        self._ahead_ms = 0

    def set_ms(self, instant_ms: int) -> None:
        """Let time pass until the clock shows this instant."""
        _COUNT.pack_into(self._hand, 0, instant_ms - self._ahead_ms)

    def correct(self, by_ms: int) -> None:
        """Set the clock forward or back without time passing, as a time server does."""
        self._ahead_ms += by_ms
        _COUNT.pack_into(self._hand, _AHEAD_AT, self._ahead_ms)

    def restart(self, shows_ms: int) -> None:
        """The machine starts anew, and its clock shows this instant until it is corrected."""
        self._ahead_ms = shows_ms
        _COUNT.pack_into(self._hand, 0, 0)
        _COUNT.pack_into(self._hand, _AHEAD_AT, shows_ms)
        self._hand[_BOOT_AT:_FILE_BYTES] = uuid.uuid4().bytes


def _boot() -> str:
    try:
        return _BOOT_FILE.read_text("ascii").strip()
    except OSError:  # no Linux: what this process holds dies with it
        return str(uuid.uuid4())


def instant(epoch_ms: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    seconds, milliseconds = divmod(epoch_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def epoch_ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime."""
    if moment.tzinfo is None:
        raise ValueError(f"moment = {moment!r}: allowed is a datetime with a time zone")
    return round(moment.timestamp() * 1000)
