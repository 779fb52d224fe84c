"""Bytes and lengths of time as people read and type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dust.errors import BadInput
from dust.storage.amounts import given_length, length, size


@pytest.mark.parametrize(
    ("n_bytes", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 kB"),
        (128 * 1024**2, "128 MB"),
        (5 * 1024**6, "5120 PB"),
    ],
)
def test_bytes_get_one_unit(n_bytes: int, expected: str) -> None:
    assert expected == size(n_bytes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90d", "90 days"), ("1y", "1 year"), ("18mo", "18 months"), (" 2W ", "2 weeks")],
)
def test_a_length_of_time_is_typed_short(text: str, expected: str) -> None:
    assert expected == given_length("keep", text)


@pytest.mark.parametrize(
    "text", ["", "5", "0d", "-1y", "5m", "1.5y", "5y; DROP TABLE x", "999999d"]
)
def test_what_is_no_length_of_time_names_the_field_and_what_is_allowed(text: str) -> None:
    with pytest.raises(BadInput, match=r"keep = .*such as 90d, 18mo or 5y"):
        given_length("keep", text)


def test_whole_days_are_told_in_days() -> None:
    spans = [timedelta(days=7), timedelta(days=1), timedelta(hours=12), timedelta(0)]

    assert ["7 days", "1 day", "12 hours", "0 hours"] == [length(span) for span in spans]
