"""Which revision the ledger needs next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dust.claims import Judgement
from dust.exceedance import Finding
from ingest.ledger import _next_entry

ABOVE = Finding(
    Judgement.SIGNAL, Decimal("40.1"), Decimal("40.1"), Decimal("37.5"), is_complete=True
)
AVERAGE = {"n_valid": 24}


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "revision": 1,
        "kind": "signal",
        "status": "provisional",
        "value_raw": Decimal("40.1"),
        "value_rounded": Decimal("40.1"),
        "is_complete": True,
        "n_valid": 24,
        "level_ugm3": Decimal("37.5"),
        "while_open": False,
    } | fields


def test_a_first_finding_is_provisional() -> None:
    following = _next_entry(ABOVE, None, AVERAGE, is_over=True)

    assert following is not None
    assert (1, "provisional", "found") == (
        following["revision"],
        following["status"],
        following["reason"],
    )


@pytest.mark.parametrize("current", [None, entry(status="withdrawn", revision=2)])
def test_nothing_found_where_nothing_stands_needs_no_entry(current: dict[str, Any] | None) -> None:
    assert _next_entry(None, current, AVERAGE, is_over=True) is None


def test_what_the_ledger_says_already_is_not_said_again() -> None:
    assert _next_entry(ABOVE, entry(), AVERAGE, is_over=True) is None


@pytest.mark.parametrize(
    "change",
    [{"value_raw": Decimal("40.2")}, {"n_valid": 23}, {"is_complete": False}, {"kind": "x"}],
)
def test_late_data_that_change_a_figure_make_one_restatement(change: dict[str, Any]) -> None:
    following = _next_entry(ABOVE, entry(**change), AVERAGE, is_over=True)

    assert following is not None
    assert (2, "restated", "late_data") == (
        following["revision"],
        following["status"],
        following["reason"],
    )


def test_an_open_day_that_was_found_is_not_restated_hour_by_hour() -> None:
    current = entry(while_open=True, is_complete=False, n_valid=5)

    assert _next_entry(ABOVE, current, AVERAGE, is_over=False) is None


def test_the_end_of_the_day_completes_what_was_found_while_it_was_open() -> None:
    current = entry(while_open=True, is_complete=False, n_valid=5)

    following = _next_entry(ABOVE, current, AVERAGE, is_over=True)

    assert following is not None
    assert (2, "provisional", "day_over") == (
        following["revision"],
        following["status"],
        following["reason"],
    )


def test_a_finding_that_no_longer_holds_is_withdrawn_with_its_old_figure() -> None:
    following = _next_entry(None, entry(revision=3), AVERAGE, is_over=True)

    assert following is not None
    assert (4, "withdrawn", Decimal("40.1")) == (
        following["revision"],
        following["status"],
        following["value_raw"],
    )


def test_a_finding_after_a_withdrawal_is_a_restatement() -> None:
    following = _next_entry(ABOVE, entry(status="withdrawn", revision=2), AVERAGE, is_over=True)

    assert following is not None
    assert (3, "restated") == (following["revision"], following["status"])
