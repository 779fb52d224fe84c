"""How long a chunk of the hypertable should be, by arithmetic that can be read.

The index of the chunk that is being written must stay in memory: every reading goes to a random
page of it. The vendor recommends a quarter of the memory
(<https://www.tigerdata.com/docs/learn/hypertables/sizing-hypertable-chunks>). And there must not be
so many chunks that a question without bounds in time takes long to plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dust.storage.amounts import length, size

if TYPE_CHECKING:
    from dust.storage.reading_size import ReadingSize

SHARE_OF_MEMORY: Final = 0.25
MOST_CHUNKS: Final = 1000
"""A question without bounds takes 50 ms to plan at 1,000 chunks, 100 to 200 at 2,000 (0023)."""
HISTORY: Final = timedelta(days=3653)
"""Ten years, where readings are kept for ever."""
INTERVALS: Final = (
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 3, 7, 14, 30)),
)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Load:
    """What comes in: sensors, and readings a day from all of them."""

    n_sensors: int
    readings_per_day: float
    reading: ReadingSize

    @property
    def index_bytes_per_day(self) -> float:
        return self.readings_per_day * self.reading.of_index


@dataclass(frozen=True, slots=True)
class Memory:
    """The server's settings, bytes.

    `cache` is None where nobody has set it: its default says 4 GB whatever the machine has.
    """

    shared_buffers: int
    cache: int | None

    @property
    def for_index(self) -> float:
        return SHARE_OF_MEMORY * (self.cache or self.shared_buffers)

    def __str__(self) -> str:
        """Which setting it is, with its size."""
        if self.cache:
            return f"effective_cache_size {size(self.cache)}"
        return f"shared_buffers {size(self.shared_buffers)} (effective_cache_size is not set)"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the interval is reckoned from; `history` is how long readings are kept."""

    load: Load
    memory: Memory
    history: timedelta = HISTORY


@dataclass(frozen=True, slots=True)
class Advice:
    """The interval that fits; `longest` is that of the memory, `shortest` that of the history."""

    current: timedelta
    advised: timedelta
    longest: timedelta
    shortest: timedelta

    @property
    def is_change(self) -> bool:
        return self.advised != self.current

    @property
    def conflicts(self) -> bool:
        """The memory asks for more chunks than are good."""
        return self.shortest > self.longest


def advise(found: Reckoning, current: timedelta) -> Advice:
    """What fits stays; what does not gives way to the nearest round interval that does."""
    longest = _longest_within(found.memory.for_index / max(found.load.index_bytes_per_day, 1e-9))
    shortest = next(
        (each for each in INTERVALS if found.history / each <= MOST_CHUNKS), INTERVALS[-1]
    )
    # The memory comes first: it is felt with every reading, many chunks only now and then.
    return Advice(current, min(max(current, shortest), longest), longest, shortest)


def arithmetic(found: Reckoning, advice: Advice) -> list[str]:
    """The reckoning, line by line."""
    load, memory, history = found.load, found.memory, found.history
    source = "measured here" if load.reading.is_measured else "as usual; too few here to measure"
    bytes_per_day, per_day = load.readings_per_day * load.reading.total, load.index_bytes_per_day
    fits = memory.for_index / max(per_day, 1e-9)
    days, chunks = round(history / _DAY), round(history / advice.advised)
    lines = [
        f"{load.n_sensors:,} sensors send {load.readings_per_day:,.0f} readings a day",
        (
            f"a reading takes {load.reading.total:.0f} bytes, {load.reading.of_index:.0f} of them"
            f" in the index ({source}): {size(bytes_per_day)} a day, {size(per_day)} of index"
        ),
        (
            f"a quarter of {memory} is {size(memory.for_index)}: the index of {fits:,.1f} days,"
            f" so at most {length(advice.longest)}"
        ),
        (
            f"{days:,} days of readings are {chunks:,} chunks of {length(advice.advised)};"
            f" at most {MOST_CHUNKS:,} are good, so at least {length(advice.shortest)}"
        ),
    ]
    if advice.conflicts:
        lines.append(
            "both cannot be had: give the server more memory, or set how long readings are kept"
        )
    return lines


def _longest_within(days: float) -> timedelta:
    fitting = [each for each in INTERVALS if each / _DAY <= days]
    return fitting[-1] if fitting else INTERVALS[0]
