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
ALL = Decimal(1)
SUPPORT = Support(Decimal("40.1"), 24, ALL, ALL, ALL, "screening", "epa-75-18h", ())
FIGURES = Figures(
    "signal",
    *(Decimal("40.1"), Decimal("40.1"), Decimal("37.5")),
    *(True, 24, ALL, ALL, ALL, "screening", "epa-75-18h", ()),
)
FIRST = Entry(1, Status.PROVISIONAL, FIGURES, "found", {})


def after(
    finding: Finding | None,
    current: Entry | None,
    *reasons: str,
    is_over: bool = True,
    has_just_ended: bool = False,
) -> tuple[int, str, str] | None:
    following = next_entry(
        finding,
        SUPPORT,
        current,
        reasons or ["late_data"],
        is_over=is_over,
        has_just_ended=has_just_ended,
    )
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
        {"time_coverage": Decimal("0.958333")},
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

    assert after(ABOVE, current, has_just_ended=True) == (2, "provisional", "day_over")


def test_late_data_after_the_end_restate_also_what_was_found_while_the_day_was_open() -> None:
    current = replace(FIRST, while_open=True, figures=replace(FIGURES, is_complete=False))

    assert after(ABOVE, current, "late_data") == (2, "restated", "late_data")


def test_what_came_back_while_the_day_was_open_is_completed_at_its_end_without_a_reason() -> None:
    figures = replace(FIGURES, is_complete=False, n_valid=5)
    current = replace(FIRST, revision=3, status=Status.RESTATED, figures=figures, while_open=True)

    assert after(ABOVE, current, has_just_ended=True) == (4, "restated", "day_over")


def test_what_is_withdrawn_is_told_as_it_stood_and_beside_it_what_the_day_holds_now() -> None:
    now = replace(SUPPORT, mean=Decimal("30.5"), n_valid=23)
    following = next_entry(None, now, replace(FIRST, revision=3), ["deployment"], is_over=True)

    assert following is not None
    assert (4, Status.WITHDRAWN, "deployment", FIGURES) == (
        following.revision,
        following.status,
        following.reason,
        following.figures,
    )
    assert {"value_raw": ["40.1", "30.5"], "n_valid": [24, 23]} == following.changed


def test_a_day_that_holds_nothing_any_more_has_no_mean_now() -> None:
    now = Support(None, 0, *[Decimal(0)] * 3, "screening", "epa-75-18h", ())
    following = next_entry(None, now, FIRST, ["deployment"], is_over=True)

    assert following is not None
    assert {
        "value_raw": ["40.1", None],
        "is_complete": [True, False],
        "n_valid": [24, 0],
        "time_coverage": ["1", "0"],
        "data_capture": ["1", "0"],
        "data_coverage": ["1", "0"],
    } == following.changed


@pytest.mark.parametrize("is_over", [True, False])
def test_what_was_withdrawn_comes_back_restated(is_over: bool) -> None:  # noqa: FBT001  (a case)
    withdrawn = replace(FIRST, status=Status.WITHDRAWN, revision=2)

    assert after(ABOVE, withdrawn, is_over=is_over) == (3, "restated", "late_data")
