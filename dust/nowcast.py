"""The NowCast of AirNow: what the air is like now, from up to twelve hourly means, in decimals.

Calm air is averaged over long, changing air over short: each hour back counts w times less, w being
the lowest over the highest hour, a half at least (AirNow, forum.airnowtech.org, topic 172). Binary
fractions put 2,007 of 5,000 constant series one step low (docs/domain-rules.md).
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.rounding import Rounding

WINDOW_H: Final = 12
_NEWEST_H: Final = 3
_NEEDED_OF_NEWEST: Final = 2
_LEAST_WEIGHT: Final = Fraction(1, 2)
_DIGITS: Final = 40


def nowcast(newest_first: Sequence[Decimal | None], rounding: Rounding) -> Decimal | None:
    """The NowCast in µg/m³, rounded as its scale has it; None where it is not valid.

    Args:
        newest_first: hourly means, the newest first, None for a missing hour; those behind the
            twelfth are not looked at.
        rounding: that of the scale (AirNow cuts off).
    """
    value = exact_nowcast(newest_first)
    return None if value is None else rounding.of(value)


def exact_nowcast(newest_first: Sequence[Decimal | None]) -> Decimal | None:
    """The NowCast before any rounding, to 40 digits."""
    window = newest_first[:WINDOW_H]
    if sum(hour is not None for hour in window[:_NEWEST_H]) < _NEEDED_OF_NEWEST:
        return None
    value = _weighted_mean(
        [(ago, Fraction(hour)) for ago, hour in enumerate(window) if hour is not None]
    )
    with localcontext(prec=_DIGITS):
        return Decimal(value.numerator) / Decimal(value.denominator)


def weight(hours: Sequence[Fraction]) -> Fraction:
    """How much less each hour back counts: the lowest over the highest, 1/2 to 1."""
    if min(hours) < 0:
        raise BadInput("hours", str(float(min(hours))), "zero or more")
    highest = max(hours)
    return max(min(hours) / highest, _LEAST_WEIGHT) if highest else Fraction(1)


def _weighted_mean(hours: Sequence[tuple[int, Fraction]]) -> Fraction:
    share = weight([hour for _, hour in hours])
    weights = [share**ago for ago, _ in hours]
    total = sum((part * hour for part, (_, hour) in zip(weights, hours, strict=True)), Fraction(0))
    return total / sum(weights)
