"""Which revision the ledger needs next."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dust.claims import Judgement
from dust.exceedance import Finding
from ingest.ledger_entry import Entry, Figures, Status, Support, next_entry

ABOVE = Finding(
    Judgement.SIGNAL, Decimal("40.1"), Decimal("40.1"), Decimal("37.5"), is_complete=True
)
SUPPORT = Support(24, "screening", "epa-75-18h", ())
FIGURES = Figures(
    "signal",
    *(Decimal("40.1"), Decimal("40.1"), Decimal("37.5")),
    *(True, 24, "screening", "epa-75-18h", ()),
)
FIRST = Entry(1, Status.PROVISIONAL, FIGURES, "found", {})


def after(
    finding: Finding | None,
    current: Entry | None,
    *reasons: str,
    is_over: bool = True,
    support: Support = SUPPORT,
) -> tuple[int, str, str] | None:
    following = next_entry(finding, support, current, reasons or ["late_data"], is_over=is_over)
    return None if following is None else (following.revision, following.status, following.reason)


def test_a_first_finding_is_provisional() -> None:
    assert after(ABOVE, None) == (1, "provisional", "found")


@pytest.mark.parametrize("current", [None, replace(FIRST, status=Status.WITHDRAWN, revision=2)])
def test_nothing_found_where_nothing_stands_needs_no_entry(current: Entry | None) -> None:
    assert after(None, current) is None


@pytest.mark.parametrize("status", [Status.PROVISIONAL, Status.FINAL, Status.RESTATED])
def test_what_the_ledger_says_already_is_not_said_again(status: Status) -> None:
    assert after(ABOVE, replace(FIRST, status=status)) is None


@pytest.mark.parametrize("status", [Status.PROVISIONAL, Status.FINAL, Status.RESTATED])
@pytest.mark.parametrize(
    "change",
    [
        {"value_raw": Decimal("40.2")},
        {"n_valid": 23},
        {"is_complete": False},
        {"kind": "exceedance"},
        {"claim_class": "indicative"},
        {"rule_set": "complete-24h"},
        {"corrections": (7,)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_figure_makes_one_restatement_that_says_what_changed(
    status: Status, change: dict[str, Any]
) -> None:
    (name,) = change
    current = replace(FIRST, status=status, figures=replace(FIGURES, **change))

    following = next_entry(ABOVE, SUPPORT, current, ["re_qc"], is_over=True)

    assert following is not None
    assert (2, "restated", "re_qc") == (following.revision, following.status, following.reason)
    assert [name] == list(following.changed)


def test_what_changed_is_told_as_before_and_now() -> None:
    current = replace(FIRST, figures=replace(FIGURES, value_raw=Decimal("39.9"), corrections=(3,)))

    following = next_entry(ABOVE, SUPPORT, current, ["correction"], is_over=True)

    assert following is not None
    assert {"value_raw": ["39.9", "40.1"], "corrections": [[3], []]} == following.changed


def test_several_reasons_are_told_once_each_and_in_their_order() -> None:
    current = replace(FIRST, figures=replace(FIGURES, n_valid=20))

    assert after(ABOVE, current, "correction", "late_data", "correction") == (
        2,
        "restated",
        "late_data+correction",
    )


def test_an_open_day_that_was_found_is_not_restated_hour_by_hour() -> None:
    current = replace(FIRST, while_open=True, figures=replace(FIGURES, n_valid=5))

    assert after(ABOVE, current, is_over=False) is None


def test_the_end_of_the_day_completes_what_was_found_while_it_was_open() -> None:
    figures = replace(FIGURES, is_complete=False, n_valid=5)
    current = replace(FIRST, while_open=True, figures=figures)

    assert after(ABOVE, current) == (2, "provisional", "day_over")


def test_a_finding_that_no_longer_holds_is_withdrawn_with_its_old_figure() -> None:
    following = next_entry(
        None, replace(SUPPORT, n_valid=3), replace(FIRST, revision=3), ["deployment"], is_over=True
    )

    assert following is not None
    assert (4, Status.WITHDRAWN, "deployment", Decimal("40.1"), 3) == (
        following.revision,
        following.status,
        following.reason,
        following.figures.value_raw,
        following.figures.n_valid,
    )


@pytest.mark.parametrize("is_over", [True, False])
def test_what_was_withdrawn_comes_back_restated(is_over: bool) -> None:  # noqa: FBT001  (a case)
    withdrawn = replace(FIRST, status=Status.WITHDRAWN, revision=2)

    assert after(ABOVE, withdrawn, is_over=is_over) == (3, "restated", "late_data")
