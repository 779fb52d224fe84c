"""A gateway's daily share of quarantine, in rows and in bytes."""

from __future__ import annotations

import pytest

from ingest.quarantine.bound import Share, within


@pytest.mark.parametrize(
    ("sizes", "used", "expected"),
    [
        ([], Share(0, 0), []),
        ([10, 10], Share(0, 0), [True, True]),
        ([10, 10, 10, 10], Share(0, 0), [True, True, True, False]),
        ([10], Share(3, 0), [False]),
        ([60, 50, 40], Share(0, 0), [True, False, True]),
        ([101, 1], Share(0, 0), [False, True]),
        ([1], Share(0, 100), [False]),
        ([0], Share(0, 100), [True]),
    ],
)
def test_what_fits_is_kept_in_the_order_in_which_it_came(
    sizes: list[int], used: Share, expected: list[bool]
) -> None:
    assert expected == within(sizes, used, Share(rows=3, n_bytes=100))
