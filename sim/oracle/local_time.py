"""Hours, days, months and years where the stations stand: Bangkok, UTC+7, no daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

HOUR_MS = 3_600_000
DAY_HOURS = 24

_BANGKOK = timezone(timedelta(hours=7))


def hour_of(instant_ms: int) -> int:
    """The start of the hour in which an instant falls, epoch ms."""
    return instant_ms // HOUR_MS * HOUR_MS


def local_day_of(instant_ms: int) -> date:
    """The day in Bangkok on which an instant falls."""
    moment = datetime.fromtimestamp(instant_ms // 1000, UTC)
    return moment.astimezone(_BANGKOK).date()


def day_start_ms(local_day: date) -> int:
    """Midnight in Bangkok, at which a local day begins, epoch ms."""
    midnight = datetime(local_day.year, local_day.month, local_day.day, tzinfo=_BANGKOK)
    return round(midnight.timestamp()) * 1000


def next_day(local_day: date) -> date:
    return local_day + timedelta(days=1)


def month_of(local_day: date) -> date:
    """The first day of a day's month."""
    return local_day.replace(day=1)


def next_month(first_day: date) -> date:
    return month_of(first_day + timedelta(days=31))


def year_of(local_day: date) -> date:
    """The first day of a day's year."""
    return local_day.replace(month=1, day=1)


def next_year(first_day: date) -> date:
    return date(first_day.year + 1, 1, 1)
