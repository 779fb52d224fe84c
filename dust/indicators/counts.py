"""Days over the limit value among the days monitored: the shape in which officers count.

A day is monitored when its mean is complete and may be judged, or when it is over for certain
although hours are missing: a day over is thus always a day monitored. Days of numbers that may not
be held against a limit value are not monitored, or a blind sensor would look like clean air.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dust.claims import ClaimClass, Judgement, judgement_of, weakest
from dust.rounding import TENTHS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DaysOver:
    """Days over and days monitored in [first, end), local days.

    `n_complete` of the monitored days have a complete mean; the others are over for certain with
    hours missing. `percent` is that of the days monitored, None where there are none. `is_beyond`
    says whether there are more days over than the limit value permits in a year; None where it was
    not asked. `claim` is that of the weakest day monitored, None where there is none.
    """

    first: date
    end: date
    n_over: int
    n_monitored: int
    n_complete: int
    percent: Decimal | None
    longest_run: int
    claim: ClaimClass | None
    is_beyond: bool | None

    @property
    def n_possible(self) -> int:
        return (self.end - self.first).days


def days_over(
    span: tuple[date, date],
    complete: Mapping[date, ClaimClass],
    over: Mapping[date, ClaimClass],
    permitted: int | None = None,
) -> DaysOver:
    """Count the days of a span.

    Args:
        span: first local day and the day after the last; days outside are not looked at.
        complete: days with a complete mean, and what it may be used for.
        over: days with a standing entry of the ledger, and what it may be used for.
        permitted: how many days over the limit value permits, where the span is its year.
    """
    first, end = span
    judged = {
        day: claim
        for day, claim in complete.items()
        if first <= day < end and judgement_of(claim) is not Judgement.NOT_JUDGED
    }
    found = {day: claim for day, claim in over.items() if first <= day < end}
    monitored = judged | found
    return DaysOver(
        first,
        end,
        len(found),
        len(monitored),
        len(judged),
        percent_of(len(found), len(monitored)),
        longest_run(found),
        weakest(monitored.values()) if monitored else None,
        None if permitted is None else len(found) > permitted,
    )


def percent_of(part: int, whole: int) -> Decimal | None:
    """`part` of `whole` in percent, half up to one decimal; None of nothing."""
    return TENTHS.of(Decimal(100 * part) / Decimal(whole)) if whole else None


def longest_run(days: Collection[date]) -> int:
    """How many of these days follow one another at most; a day that is not there ends a run."""
    longest = 0
    for day in days:
        if day - _DAY in days:
            continue
        length = 1
        while day + length * _DAY in days:
            length += 1
        longest = max(longest, length)
    return longest
