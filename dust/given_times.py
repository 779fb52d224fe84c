"""Times as people give them on a command line: a day, or an instant with its offset."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from dust.periods import Period, day_period

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

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
    day = _day(text)
    return _instant(field, text) if day is None else day_period(day, zone).start


def given_end(field: str, text: str, zone: ZoneInfo) -> datetime:
    """The instant, or the first behind the local day."""
    day = _day(text)
    return _instant(field, text) if day is None else day_period(day, zone).end


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # The first and the last that there are have no midnight in UTC.
    return day if date.min + timedelta(days=2) < day < date.max - timedelta(days=2) else None


def _instant(field: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(field, text, ALLOWED) from None
    if found.tzinfo is None:
        raise BadInput(field, text, ALLOWED)
    return found
