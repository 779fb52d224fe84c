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
_MORE_THAN_A_MONTH: Final = timedelta(days=31)


class AveragingPeriod(StrEnum):
    """The kind of span that an average stands for."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


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
    return _span_of_days(local_day, local_day + timedelta(days=1), zone)


def month_period(first_day: date, zone: ZoneInfo) -> Period:
    """The local calendar month of `first_day`, from its first midnight to the next month's."""
    start = first_day.replace(day=1)
    return _span_of_days(start, (start + _MORE_THAN_A_MONTH).replace(day=1), zone)


def year_period(year: int, zone: ZoneInfo) -> Period:
    """The local calendar year, from its first midnight to the next year's."""
    return _span_of_days(date(year, 1, 1), date(year + 1, 1, 1), zone)


def days_between(first: date, end: date) -> list[date]:
    """The calendar days from `first` up to, not including, `end`."""
    return [first + timedelta(days=count) for count in range((end - first).days)]


def last_24_hours(instant: datetime) -> Period:
    """The 24 whole hours before the hour that `instant` lies in."""
    end = hour_of(instant).start
    return Period(end - 24 * HOUR, end)


def _span_of_days(first: date, end: date, zone: ZoneInfo) -> Period:
    return Period(_midnight(first, zone), _midnight(end, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, in UTC.

    Of a midnight that the clocks skip or repeat the standard library takes the offset before the
    change, and that is the day's first instant.
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
