"""The spans that values stand for: half-open [start, end), instants in UTC, days in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

HOUR: Final = timedelta(hours=1)
HOUR_MS: Final = 3_600_000


class AveragingPeriod(StrEnum):
    """The kind of span that an average stands for."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span [start, end) between two aware UTC instants."""

    start: datetime
    end: datetime

    def hours(self) -> list[datetime]:
        """The starts of the hours in the period, which begins and ends on the hour."""
        count = int((self.end - self.start) / HOUR)
        return [self.start + index * HOUR for index in range(count)]


def hour_of(instant: datetime) -> Period:
    """The hour of an instant; an instant exactly on the hour belongs to the hour it begins."""
    start = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Period(start, start + HOUR)


def local_day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The station's calendar day that an instant belongs to."""
    return instant.astimezone(zone).date()


def day_period(local_day: date, zone: ZoneInfo) -> Period:
    """From local midnight to the next local midnight, in UTC."""
    start = datetime(local_day.year, local_day.month, local_day.day, tzinfo=zone)
    following = local_day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return Period(start.astimezone(UTC), end.astimezone(UTC))


def last_24_hours(instant: datetime) -> Period:
    """The 24 whole hours before the hour that `instant` lies in."""
    end = hour_of(instant).start
    return Period(end - 24 * HOUR, end)
