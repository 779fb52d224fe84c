"""Times as people give them on a command line: a day, or an instant with its offset."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from dust.periods import Period, day_period

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_BUDDHIST_FROM_YEAR: Final = 2400
"""No reading is of that year of the common era, and every year B.E. of our time is above it."""
ALLOWED: Final = "a day (2024-01-31) or an instant with its offset (2024-01-31T09:00+07:00)"


def given_span(start: str, end: str, zone: ZoneInfo) -> Period:
    """From `start` to `end`; a plain day is the whole local day, so that the last one is included.

    Raises `BadInput` with `from` or `to` for what is no time and for an end that is not after it.
    """
    first = given_start("from", start, zone)
    last = given_end("to", end, zone)
    if last <= first:
        raise BadInput("to", end, f"a time after `from` ({start})")
    return Period(first, last)


def given_start(field: str, text: str, zone: ZoneInfo) -> datetime:
    """The instant, or the first of the local day."""
    day = _day(field, text)
    return _instant(field, text) if day is None else day_period(day, zone).start


def given_end(field: str, text: str, zone: ZoneInfo) -> datetime:
    """The instant, or the first behind the local day."""
    day = _day(field, text)
    return _instant(field, text) if day is None else day_period(day, zone).end


def _day(field: str, text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    _check_era(field, text, day.year)
    # The first that there is has no midnight in UTC.
    return day if day.year > 1 else None


def _instant(field: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(field, text, ALLOWED) from None
    if found.tzinfo is None:
        raise BadInput(field, text, ALLOWED)
    _check_era(field, text, found.year)
    return found


def _check_era(field: str, text: str, year: int) -> None:
    if year >= _BUDDHIST_FROM_YEAR:
        allowed = f"a year of the common era: B.E. {year} is {year - 543}"
        raise BadInput(field, text, allowed)
