"""The spans of days in which the history is asked for: whole weeks, so that they stay the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.air4thai.page_format import PageFormat, local_day, local_midnight_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

SPAN_DAYS: Final = 7
REACH_DAYS: Final = 92
"""How far back the service was seen to answer: about three months."""
SETTLED_AFTER_DAYS: Final = 3
"""Hours are still revised for some days; a span fetched this long after its end is not again."""
_DAY_MS: Final = 86_400_000


class Days(NamedTuple):
    """The station's calendar days that are wanted, both ends included; None is open."""

    first: date | None
    last: date | None

    def hold(self, start_ms: int) -> bool:
        """Whether the hour that begins at `start_ms` belongs to one of these days."""
        day = local_day(start_ms)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Span(NamedTuple):
    """Days of labels, both ends included, that one query asks for."""

    first: date
    last: date

    def settled_ms(self) -> int:
        """From when on an answer for this span will hardly change, epoch ms."""
        return local_midnight_ms(self.last) + (1 + SETTLED_AFTER_DAYS) * _DAY_MS


def spans_of(days: Days, page_format: PageFormat, now_ms: int) -> Iterator[Span]:
    """The weeks from Monday on that hold the labels of all hours of `days`, none after today."""
    today = local_day(now_ms)
    first = days.first or today - timedelta(days=REACH_DAYS)
    last = min(days.last or today, today)
    if page_format is PageFormat.NEW:  # the last hour of a day is labelled 00:00 of the next
        last = min(last + timedelta(days=1), today)
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield Span(monday, min(monday + timedelta(days=SPAN_DAYS - 1), today))
        monday += timedelta(days=SPAN_DAYS)
