"""How much of a period a value really stands for: three ratios, because one hides the cause.

`time_coverage` = measured time / full period; `data_capture` = valid time / measured time;
`data_coverage` = their product (terms of EU e-Reporting and OpenAQ; docs/glossary.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one period: what could be there, what was measured, what is valid."""

    n_possible: int
    n_measured: int
    n_valid: int

    @property
    def time_coverage(self) -> Decimal:
        return _share(min(self.n_measured, self.n_possible), self.n_possible)

    @property
    def data_capture(self) -> Decimal:
        return _share(self.n_valid, self.n_measured)

    @property
    def data_coverage(self) -> Decimal:
        return self.time_coverage * self.data_capture

    def reaches(self, share: Decimal) -> bool:
        """Whether at least `share` (0 to 1) of the period is covered by valid values."""
        # In whole counts: the product of two rounded ratios misses 45 of 60 by its last digit.
        measured = min(self.n_measured, self.n_possible)
        covered, whole = self.n_valid * measured, self.n_measured * self.n_possible
        return bool(whole) and covered >= share * whole


def _share(part: int, whole: int) -> Decimal:
    return Decimal(part) / Decimal(whole) if whole else Decimal(0)
