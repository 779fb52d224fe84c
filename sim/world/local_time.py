"""Local time in Bangkok as the signals need it: UTC+7 the whole year round."""

from __future__ import annotations

from typing import NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_AHEAD_MS = 7 * HOUR_MS
_YEAR_DAYS = 365.2425
_THURSDAY = 3  # 1 January 1970, with Monday as 0
_SUNDAY = 6


class LocalTime(NamedTuple):
    """`day` counts local days since 1970, `hour` is 0 to 24, `season` 0 to 1 from New Year on."""

    day: int
    hour: float
    season: float

    @property
    def is_work_day(self) -> bool:
        """Quarries and lorries rest on Sundays only."""
        return (self.day + _THURSDAY) % 7 != _SUNDAY


def local_time(instant_ms: int) -> LocalTime:
    """The local time of an instant; the season is right to a day."""
    day, within_ms = divmod(instant_ms + _AHEAD_MS, DAY_MS)
    return LocalTime(day, within_ms / HOUR_MS, (day % _YEAR_DAYS) / _YEAR_DAYS)
