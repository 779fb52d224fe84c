"""Means and roundings of exact numbers: fractions, never floats, never a library's rounding."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    localcontext,
)
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_DECIMALS = 6

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])


def mean(values: Sequence[Decimal]) -> Fraction:
    """The arithmetic mean of at least one value."""
    return total(values) / len(values)


def total(values: Sequence[Decimal]) -> Fraction:
    """The sum; raises `decimal.Inexact` rather than lose a digit."""
    with localcontext(_EXACT):
        return Fraction(sum(values, Decimal()))


def rounded(value: Fraction, decimals: int, ties: str = ROUND_HALF_EVEN) -> Decimal:
    """An exact value as a decimal: floor to whole steps, then settle what is left over."""
    steps = value * 10**decimals
    whole = steps.numerator // steps.denominator
    left = steps - whole
    up = left > Fraction(1, 2) or (
        left == Fraction(1, 2) and (ties == ROUND_HALF_UP or whole % 2 == 1)
    )
    return Decimal(whole + up).scaleb(-decimals)


def kept(value: Fraction) -> Decimal:
    """As figures are kept: six decimals, ties to even."""
    return rounded(value, KEPT_DECIMALS)


def kept_mean(values: Sequence[Decimal]) -> Decimal | None:
    return kept(mean(values)) if values else None
