"""The revision that an entry of the ledger needs next; pure, the ledger itself is in `ledger`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from dust.restatement import Reason, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dust.exceedance import Finding

FOUND: Final = "found"
DAY_OVER: Final = "day_over"
SETTLED: Final = "settled"
"""Reasons of revisions that restate nothing."""


class Status(StrEnum):
    """How far an entry is: still moving, left in peace, told otherwise, or no longer held."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    RESTATED = "restated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Figures:
    """What an entry tells: the finding, and all that defends it."""

    kind: str
    value_raw: Decimal
    value_rounded: Decimal
    level_ugm3: Decimal
    is_complete: bool
    n_valid: int
    time_coverage: Decimal
    data_capture: Decimal
    data_coverage: Decimal
    claim_class: str
    rule_set: str
    corrections: tuple[int, ...]

    def changed_from(self, before: Figures) -> dict[str, list[Any]]:
        """The fields that differ, each as [before, now], ready for JSON."""
        return {
            name: [_plain(getattr(before, name)), _plain(getattr(self, name))]
            for name in self.__slots__
            if getattr(before, name) != getattr(self, name)
        }


@dataclass(frozen=True, slots=True)
class Support:
    """What the day holds now below the finding; `mean` is None where it is not complete."""

    mean: Decimal | None
    n_valid: int
    time_coverage: Decimal
    data_capture: Decimal
    data_coverage: Decimal
    claim_class: str
    rule_set: str
    corrections: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision; `while_open` when it was recorded before its day had ended."""

    revision: int
    status: Status
    figures: Figures
    reason: str
    changed: dict[str, list[Any]]
    while_open: bool = False

    @property
    def stands(self) -> bool:
        return self.status is not Status.WITHDRAWN


def next_entry(
    finding: Finding | None,
    support: Support,
    current: Entry | None,
    reasons: Iterable[str],
    *,
    is_over: bool,
    has_just_ended: bool = False,
) -> Entry | None:
    """The revision that must follow `current`, or None where the ledger already says so.

    An open day is not restated hour by hour: what was found stays as it was until the day is over,
    and is completed when it is judged for the first time after its end.
    """
    if finding is None:
        if current is None or not current.stands:
            return None
        return _withdrawal(current, support, _reason(reasons, has_just_ended=has_just_ended))
    figures = _figures(finding, support)
    if current is None:
        return Entry(1, Status.PROVISIONAL, figures, FOUND, {})
    if current.stands and (not is_over or figures == current.figures):
        return None
    changed = figures.changed_from(current.figures)
    if has_just_ended and current.stands and current.while_open:
        return Entry(current.revision + 1, current.status, figures, DAY_OVER, changed)
    reason = _reason(reasons, has_just_ended=has_just_ended)
    return Entry(current.revision + 1, Status.RESTATED, figures, reason, changed)


def _figures(finding: Finding, support: Support) -> Figures:
    return Figures(
        str(finding.judgement),
        finding.value_raw,
        finding.value_rounded,
        finding.level_ugm3,
        finding.is_complete,
        *(getattr(support, name) for name in Support.__slots__ if name != "mean"),
    )


def _withdrawal(current: Entry, support: Support, reason: str) -> Entry:
    """What is withdrawn is what stood, whole; `changed` says what the day holds now."""
    stood = current.figures
    now = {name: getattr(support, name) for name in Support.__slots__ if name != "mean"} | {
        "value_raw": support.mean,
        "is_complete": support.mean is not None,
    }
    changed = {
        name: [_plain(getattr(stood, name)), _plain(now[name])]
        for name in Figures.__slots__
        if name in now and getattr(stood, name) != now[name]
    }
    return Entry(current.revision + 1, Status.WITHDRAWN, stood, reason, changed)


def _reason(reasons: Iterable[str], *, has_just_ended: bool) -> str:
    """Where no hour changed, the day's end did, or somebody asked for it."""
    return told(reasons) or (DAY_OVER if has_just_ended else Reason.ASKED)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
