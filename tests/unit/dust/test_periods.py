"""Spans of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dust.periods import HOUR, HOUR_MS, Period, day_period, hour_of, last_24_hours, local_day_of

BANGKOK = ZoneInfo("Asia/Bangkok")
TEN = datetime(2026, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "start"),
    [
        (TEN, TEN),
        (TEN + HOUR - timedelta(microseconds=1), TEN),
        (TEN + HOUR, TEN + HOUR),
        (TEN.astimezone(BANGKOK), TEN),
    ],
)
def test_an_hour_is_half_open(instant: datetime, start: datetime) -> None:
    assert Period(start, start + HOUR) == hour_of(instant)


def test_an_hour_has_3600000_milliseconds() -> None:
    assert timedelta(milliseconds=HOUR_MS) == HOUR


def test_a_day_in_bangkok_begins_at_17_utc_the_day_before_and_has_24_hours() -> None:
    period = day_period(date(2026, 1, 1), BANGKOK)

    assert datetime(2025, 12, 31, 17, tzinfo=UTC) == period.start
    assert datetime(2026, 1, 1, 17, tzinfo=UTC) == period.end
    assert 24 == len(period.hours())
    assert [period.start, period.start + HOUR] == period.hours()[:2]


@pytest.mark.parametrize(
    ("day", "n_hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
)
def test_where_clocks_are_changed_a_day_has_23_or_25_hours(day: date, n_hours: int) -> None:
    assert n_hours == len(day_period(day, ZoneInfo("Europe/Berlin")).hours())


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 12, 31), date(2027, 1, 1)])
def test_every_hour_of_a_local_day_belongs_to_that_day(day: date) -> None:
    assert {day} == {local_day_of(hour, BANGKOK) for hour in day_period(day, BANGKOK).hours()}


def test_a_day_ends_where_the_next_begins() -> None:
    first, second = (day_period(date(2026, 1, day), BANGKOK) for day in (1, 2))

    assert first.end == second.start
    assert first < second


def test_the_last_24_hours_end_with_the_last_whole_hour() -> None:
    period = last_24_hours(TEN + timedelta(minutes=59))

    assert TEN == period.end
    assert TEN - timedelta(hours=24) == period.start
    assert 24 == len(period.hours())
