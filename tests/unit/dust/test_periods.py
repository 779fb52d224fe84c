"""Spans of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from dust.periods import (
    HOUR,
    HOUR_MS,
    Period,
    day_period,
    days_between,
    hour_of,
    last_24_hours,
    local_day_of,
    month_period,
    year_period,
)

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


def test_a_month_in_bangkok_goes_from_midnight_to_midnight() -> None:
    period = month_period(date(2026, 12, 1), BANGKOK)

    assert datetime(2026, 11, 30, 17, tzinfo=UTC) == period.start
    assert datetime(2026, 12, 31, 17, tzinfo=UTC) == period.end


@pytest.mark.parametrize(
    ("first", "n_days"), [(date(2024, 2, 1), 29), (date(2026, 2, 1), 28), (date(2026, 1, 1), 31)]
)
def test_a_month_has_its_days(first: date, n_days: int) -> None:
    assert 24 * n_days == len(month_period(first, BANGKOK).hours())


@pytest.mark.parametrize(("year", "n_days"), [(2024, 366), (2026, 365), (2100, 365)])
def test_a_year_has_its_days_and_ends_where_the_next_begins(year: int, n_days: int) -> None:
    period = year_period(year, BANGKOK)

    assert 24 * n_days == len(period.hours())
    assert year_period(year + 1, BANGKOK).start == period.end


def test_any_day_of_a_month_names_it() -> None:
    assert month_period(date(2026, 1, 1), BANGKOK) == month_period(date(2026, 1, 31), BANGKOK)


@pytest.mark.parametrize(
    ("zone", "first", "n_hours"),
    [
        ("Europe/Berlin", date(2026, 3, 1), 31 * 24 - 1),
        ("Europe/Berlin", date(2026, 10, 1), 31 * 24 + 1),
        ("Asia/Kathmandu", date(2026, 1, 1), 31 * 24),
        ("Pacific/Apia", date(2011, 12, 1), 30 * 24),  # it had no 30 December
    ],
)
def test_a_month_has_the_hours_that_clocks_leave_it(zone: str, first: date, n_hours: int) -> None:
    assert n_hours == len(month_period(first, ZoneInfo(zone)).hours())


def test_a_year_holds_exactly_its_months() -> None:
    for zone in (BANGKOK, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Africa/Cairo")):
        months = [month_period(date(2018, month, 1), zone) for month in range(1, 13)]
        year = year_period(2018, zone)
        assert (year.start, year.end) == (months[0].start, months[-1].end)
        assert all(first.end == then.start for first, then in pairwise(months))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight is skipped
        ("Africa/Cairo", date(2023, 4, 28)),
        ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
        ("America/Goose_Bay", date(2010, 11, 7)),
        ("America/Nuuk", date(2024, 3, 31)),
        ("Pacific/Kwajalein", date(1993, 8, 22)),
    ],
)
def test_a_day_begins_with_its_first_instant_even_where_midnight_is_skipped_or_repeated(
    zone: str, day: date
) -> None:
    place = ZoneInfo(zone)
    start = day_period(day, place).start

    assert day == local_day_of(start, place)
    assert day > local_day_of(start - timedelta(microseconds=1), place)


def test_days_are_counted_up_to_the_end_which_is_not_among_them() -> None:
    first, last = date(2024, 2, 28), date(2024, 3, 1)

    assert [date(2024, 2, 28), date(2024, 2, 29)] == days_between(first, last)
    assert [] == days_between(last, first)
