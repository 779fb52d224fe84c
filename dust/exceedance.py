"""Whether a day's mean is above its limit value, and how such a finding may be worded.

An incomplete day counts as exceeded when the sum of its valid hours over 24 already exceeds, even
if every other hour were zero; it is marked so (docs/domain-rules.md, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from dust.claims import ClaimClass, Judgement, judgement_of
from dust.decimals import mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.standards import LimitValue


@dataclass(frozen=True, slots=True)
class Finding:
    """A day's figure above a limit value, and what it may be called."""

    judgement: Judgement
    value_raw: Decimal
    value_rounded: Decimal
    level_ugm3: Decimal
    is_complete: bool


def rounded_for(limit: LimitValue, value: Decimal) -> Decimal:
    """The figure as the limit value is written: rounding is a property of the limit."""
    return limit.rounding.of(value)


def exceeds(limit: LimitValue, value: Decimal) -> bool:
    """Whether a mean, rounded as the limit asks, is on the wrong side of its level."""
    return limit.is_broken_by(rounded_for(limit, value))


def at_least(valid_hours: Sequence[Decimal], n_possible: int = 24) -> Decimal:
    """The daily mean if every hour that is not valid had been zero, µg/m³."""
    zeros = [Decimal(0)] * (n_possible - len(valid_hours))
    return mean([*valid_hours, *zeros])


def find_exceedance(
    valid_hours: Sequence[Decimal],
    limit: LimitValue,
    claim: ClaimClass,
    *,
    complete_mean: Decimal | None,
    is_over: bool,
    n_possible: int = 24,
) -> Finding | None:
    """The finding for one local day, or None where nothing is above the level or may be judged.

    Args:
        valid_hours: the day's valid hourly means, µg/m³.
        limit: the limit value in force on that day.
        claim: what the numbers may be used for.
        complete_mean: the mean of a day that is over and complete, else None.
        is_over: whether the day has ended.
        n_possible: how many hours the day has.
    """
    judgement = judgement_of(claim)
    if judgement is Judgement.NOT_JUDGED or not valid_hours:
        return None
    value = complete_mean if complete_mean is not None else at_least(valid_hours, n_possible)
    is_lower_bound = is_over and complete_mean is None
    if not _is_above(limit, value, is_lower_bound=is_lower_bound):
        return None
    rounded = _seen_above(limit, value) if is_lower_bound else rounded_for(limit, value)
    return Finding(judgement, value, rounded, limit.level_ugm3, complete_mean is not None)


def _is_above(limit: LimitValue, value: Decimal, *, is_lower_bound: bool) -> bool:
    """What stayed incomplete is held against the level unrounded: the true mean is no lower.

    An open day is rounded like a complete one, because it may still become one.
    """
    return limit.is_broken_by(value) if is_lower_bound else exceeds(limit, value)


def _seen_above(limit: LimitValue, value: Decimal) -> Decimal:
    """A lower bound with as many decimals as it takes to be seen above the level.

    37.541667 against 37.5 is told as 37.54: nobody can defend "37.5 is above 37.5".
    """
    rounded = rounded_for(limit, value)
    digits = -int(rounded.as_tuple().exponent)
    while not limit.is_broken_by(rounded):
        digits += 1
        rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return rounded
