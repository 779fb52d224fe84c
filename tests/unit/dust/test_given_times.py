"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dust.errors import BadInput
from dust.given_times import given_span
from dust.periods import Period

BANGKOK = ZoneInfo("Asia/Bangkok")


def span(start: str, end: str) -> Period:
    return given_span(start, end, BANGKOK)


def test_a_plain_day_is_the_whole_local_day_and_the_last_one_is_included() -> None:
    assert span("2024-01-15", "2024-01-16") == Period(
        datetime(2024, 1, 14, 17, tzinfo=UTC), datetime(2024, 1, 16, 17, tzinfo=UTC)
    )


def test_one_day_is_from_itself_to_itself() -> None:
    whole = span("2024-02-29", "2024-02-29")

    assert (whole.end - whole.start).total_seconds() == 86_400


def test_instants_are_taken_as_they_are() -> None:
    assert span("2024-01-15T07:30+07:00", "2024-01-15T01:00:00Z") == Period(
        datetime(2024, 1, 15, 0, 30, tzinfo=UTC), datetime(2024, 1, 15, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("start", "end", "field", "value", "allowed"),
    [
        ("yesterday", "2024-01-16", "from", "yesterday", "2024-01-31"),
        ("2024-02-30", "2024-03-01", "from", "2024-02-30", "2024-01-31"),
        ("2024-01-15T07:30", "2024-01-16", "from", "2024-01-15T07:30", "offset"),
        ("0001-01-01", "2024-01-16", "from", "0001-01-01", "offset"),
        ("2024-01-15", "", "to", "", "2024-01-31"),
        ("2024-01-15", "2024-01-14", "to", "2024-01-14", "after `from`"),
        ("2567-01-15", "2024-01-16", "from", "2567-01-15", "B.E. 2567 is 2024"),
        ("2024-01-15", "2567-01-16T00:00Z", "to", "2567-01-16T00:00Z", "B.E. 2567 is 2024"),
    ],
)
def test_what_is_no_time_is_named_with_what_is_allowed(
    start: str, end: str, field: str, value: str, allowed: str
) -> None:
    with pytest.raises(BadInput) as caught:
        span(start, end)

    assert (field, value) == (caught.value.field, caught.value.value)
    assert allowed in caught.value.allowed
