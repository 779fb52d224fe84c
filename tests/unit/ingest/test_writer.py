"""The writer's way of naming ranges and quarantined payloads."""

from __future__ import annotations

import pytest

from ingest.rejection import Reason, Rejection
from ingest.writer import _multirange, _quarantine_row


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], "{}"),
        ([0], "{}"),
        ([3, 1, 2, 0], "{[1,3]}"),
        ([1, 3, 3], "{[1,1],[3,3]}"),
        ([2**63 - 2], "{[9223372036854775806,9223372036854775806]}"),
    ],
)
def test_sequence_numbers_become_a_multirange_without_the_0_of_foreign_devices(
    numbers: list[int], text: str
) -> None:
    assert text == _multirange(numbers)


def a_rejection(**fields: object) -> Rejection:
    known = {"reason": Reason.MALFORMED, "topic": "t", "gateway": "g", "payload": b"p", "seq": 1}
    return Rejection(**(known | fields))  # type: ignore[arg-type]


def test_what_is_refused_again_has_the_same_fingerprint() -> None:
    assert _quarantine_row(a_rejection()) == _quarantine_row(a_rejection())


@pytest.mark.parametrize(
    "other",
    [
        {"payload": b"q"},
        {"seq": 2},
        {"topic": "u"},
        {"reason": Reason.NO_VALUE},
        {"spool": "8d3f2a1c-0000-4000-8000-000000000001"},
    ],
)
def test_what_differs_has_another_fingerprint(other: dict[str, object]) -> None:
    assert _quarantine_row(a_rejection())[0] != _quarantine_row(a_rejection(**other))[0]


def test_a_quarantined_payload_is_kept_whole() -> None:
    payload = bytes(range(256)) * 100

    assert payload == _quarantine_row(a_rejection(payload=payload))[-1]
