"""Which weeks are asked for, and when a week's answer is the last word."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dust.clock import epoch_ms
from ingest.air4thai.page_format import PageFormat
from ingest.air4thai.spans import Days, Span, spans_of

NEW, LEGACY = PageFormat.NEW, PageFormat.LEGACY
NOW_MS = epoch_ms(datetime(2026, 11, 23, 12, tzinfo=UTC))  # a Monday
TODAY = date(2026, 11, 23)


def spans(first: date | None, last: date | None, page_format: PageFormat = NEW) -> list[Span]:
    return list(spans_of(Days(first, last), page_format, NOW_MS))


def test_three_months_are_asked_for_in_whole_weeks_up_to_today() -> None:
    asked = spans(None, None)

    assert (15, date(2026, 8, 17), Span(TODAY, TODAY)) == (len(asked), asked[0].first, asked[-1])
    assert {7} == {(one.last - one.first).days + 1 for one in asked[:-1]}
    assert {0} == {one.first.weekday() for one in asked}


def test_the_last_hour_of_a_sunday_is_labelled_on_monday_in_the_new_format_only() -> None:
    sunday = date(2026, 11, 15)
    week = Span(date(2026, 11, 9), sunday)

    assert [week, Span(date(2026, 11, 16), date(2026, 11, 22))] == spans(sunday, sunday)
    assert [week] == spans(sunday, sunday, LEGACY)


def test_nothing_is_asked_of_days_to_come() -> None:
    assert [Span(TODAY, TODAY)] == spans(TODAY, date(2026, 12, 24))
    assert [] == spans(date(2026, 12, 1), date(2026, 12, 24))


@pytest.mark.parametrize(
    ("instant", "holds"),
    [
        ((2026, 11, 14, 16), False),
        ((2026, 11, 14, 17), True),
        ((2026, 11, 15, 16), True),
        ((2026, 11, 15, 17), False),
    ],
)
def test_days_are_local_days(instant: tuple[int, ...], *, holds: bool) -> None:
    sunday = Days(date(2026, 11, 15), date(2026, 11, 15))
    start = datetime(*instant, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to hour

    assert holds is sunday.hold(epoch_ms(start))


def test_a_week_is_settled_three_days_after_its_last_local_day() -> None:
    week = Span(date(2026, 11, 9), date(2026, 11, 15))

    assert epoch_ms(datetime(2026, 11, 18, 17, tzinfo=UTC)) == week.settled_ms()
