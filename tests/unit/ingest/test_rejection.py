"""How a refused value is shown."""

from __future__ import annotations

import pytest

from ingest.rejection import Rejection


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b", "a\\0b"),
        ("\ud800", "?"),
        ("หน้าพระลาน", "หน้าพระลาน"),
        (None, "None"),
        (float("nan"), "nan"),
        (b"\xff", "b'\\xff'"),
    ],
)
def test_a_bad_value_is_shown_as_text_that_a_database_can_hold(value: object, shown: str) -> None:
    assert shown == Rejection.shown(value)


def test_a_long_value_is_shortened_to_200_characters() -> None:
    assert "ก" * 200 == Rejection.shown("ก" * 5000)
