"""The time line of a replay: where the history starts and at which instants it ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.recordings import Recording

HOUR_MS = 3_600_000
HISTORY_TICK_MS = 60_000

_DAY_MS = 24 * HOUR_MS
_BANGKOK_AHEAD_MS = 7 * HOUR_MS  # UTC+7 the whole year round
_HISTORY_DAYS = 31
_FIRST_TICK_MS = 30_000  # history ticks at second 30: clear of every interval's ends


@dataclass(frozen=True, slots=True)
class TimeLine:
    """The start of the history (a whole hour) and the row of the recording played first.

    `played_to_ms` is where an earlier replay on the same clock stopped: nothing is sent twice.
    `end_ms` is where the history ends; None: at the real now, after which it goes on live.
    """

    start_ms: int
    first_row: int
    played_to_ms: int | None = None
    end_ms: int | None = None

    @property
    def first_tick_ms(self) -> int:
        """The first tick, or the one in the interval after that in which the last replay ended."""
        first_ms = self.start_ms + _FIRST_TICK_MS
        if self.played_to_ms is None or self.played_to_ms < self.start_ms:
            return first_ms
        return (self.played_to_ms // HISTORY_TICK_MS + 1) * HISTORY_TICK_MS + _FIRST_TICK_MS

    def hours_until(self, instant_ms: int) -> int:
        return (instant_ms - self.start_ms) // HOUR_MS


def full_time_line(now_ms: int) -> TimeLine:
    """From the local midnight 31 days before today, with the recording's first row."""
    local_midnight_ms = (now_ms + _BANGKOK_AHEAD_MS) // _DAY_MS * _DAY_MS
    return TimeLine(local_midnight_ms - _BANGKOK_AHEAD_MS - _HISTORY_DAYS * _DAY_MS, 0)


def fixed_time_line(start_ms: int, hours: int) -> TimeLine:
    """So many hours from a given start, with a row of the same local hour."""
    local_hour = (start_ms + _BANGKOK_AHEAD_MS) % _DAY_MS // HOUR_MS
    return TimeLine(start_ms, local_hour, end_ms=start_ms + hours * HOUR_MS)


def short_time_line(now_ms: int, history_hours: int, recording: Recording) -> TimeLine:
    """From so many hours before the current hour, with a row of the same local hour."""
    start_ms = (now_ms // HOUR_MS - history_hours) * HOUR_MS
    local_hour = (start_ms + _BANGKOK_AHEAD_MS) % _DAY_MS // HOUR_MS
    return TimeLine(start_ms, recording.first_row(history_hours, local_hour))


def past_time_line(now_ms: int, hours_ago: float, sampling_interval_s: int) -> TimeLine:
    """From an interval's start so many hours ago, so that no reading lies ahead of the clock."""
    interval_ms = sampling_interval_s * 1000
    start_ms = (now_ms - round(hours_ago * HOUR_MS)) // interval_ms * interval_ms - interval_ms
    local_hour = (start_ms + _BANGKOK_AHEAD_MS) % _DAY_MS // HOUR_MS
    return TimeLine(start_ms, local_hour)


def sampling_instants(start_ms: int, hours: float, sampling_interval_s: int) -> range:
    """The middle of every sampling interval for so many hours."""
    interval_ms = sampling_interval_s * 1000
    first_ms = start_ms + interval_ms // 2
    return range(first_ms, start_ms + round(hours * HOUR_MS), interval_ms)


def interval_end_ms(instant_ms: int, sampling_interval_s: int) -> int:
    """The end of the sampling interval that an instant falls in."""
    interval_ms = sampling_interval_s * 1000
    return (instant_ms // interval_ms + 1) * interval_ms
