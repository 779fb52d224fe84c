"""Decimal arithmetic for every figure that decides: binary fractions are one step low too often.

Of the 5,000 constant series 0.1 to 500.0, naive floats put 2,007 one step low after truncation
(measured; docs/domain-rules.md), so means are made in decimals,
and roundings too (`dust.rounding`).
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MEAN_STEP: Final = Decimal("0.000001")
"""A mean is kept to six decimals, and a longer period is averaged from the kept figures, so that
whoever holds the published hours gets the published day."""


def exact(value: float | str | Decimal) -> Decimal:
    """The decimal that a person would read: the shortest one that stands for the float."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def mean(values: Sequence[Decimal]) -> Decimal:
    """The arithmetic mean of at least one value, kept to `MEAN_STEP`."""
    return mean_of_sum(sum(values, Decimal(0)), len(values))


def mean_of_sum(total: Decimal, count: int) -> Decimal:
    """The mean of `count` values, at least one, of which the sum is known."""
    return (total / count).quantize(MEAN_STEP, ROUND_HALF_EVEN)
