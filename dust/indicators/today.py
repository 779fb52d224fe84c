"""Now and today: the trend of the newest value, the day so far, and what it may still bring.

Pure functions of averages and an instant (docs/domain-rules.md, section 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dust.claims import Judgement, judgement_of
from dust.decimals import MEAN_STEP, mean
from dust.exceedance import at_least, exceeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.claims import ClaimClass
    from dust.standards import LimitValue

FRESH_S: Final = 600
"""A newest value older than ten minutes is not called `now`."""
_NEWEST_H: Final = 3
_TREND_SHARE: Final = Decimal("0.15")
_TREND_LEAST_UGM3: Final = Decimal(3)


class Trend(StrEnum):
    """Where the newest value stands against the last hour's mean."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


class DayState(StrEnum):
    """What is known of today's mean and its limit value."""

    UNKNOWN = "unknown"
    BELOW = "below"
    ABOVE_SO_FAR = "above_so_far"
    EXCEEDED_FOR_CERTAIN = "exceeded_for_certain"


@dataclass(frozen=True, slots=True)
class DaySoFar:
    """The mean of today's valid hours, its state against the limit, and how that may be worded."""

    mean: Decimal | None
    n_valid: int
    state: DayState
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class DayOutlook:
    """What the rest of today may still bring, µg/m³; None where nothing can be said.

    `headroom` is the mean that the hours to come may have without exceeding, `projected` the day's
    mean if they are like the last three, `certain_after_h` the number of hours of the day after
    which it was certain that the limit value is exceeded.
    """

    headroom: Decimal | None
    projected: Decimal | None
    certain_after_h: int | None


def trend_of(newest: Decimal, last_hour_mean: Decimal | None) -> Trend | None:
    """Rising or falling when 15 % (and at least 3 µg/m³) away from the last hour; None unknown."""
    if last_hour_mean is None:
        return None
    margin = max(last_hour_mean * _TREND_SHARE, _TREND_LEAST_UGM3)
    if newest > last_hour_mean + margin:
        return Trend.RISING
    if newest < last_hour_mean - margin:
        return Trend.FALLING
    return Trend.STEADY


def day_so_far(
    valid_hours: Sequence[Decimal], limit: LimitValue | None, claim: ClaimClass
) -> DaySoFar:
    """Today's figure from its valid hourly means, in any order."""
    judgement = judgement_of(claim)
    if not valid_hours:
        return DaySoFar(None, 0, DayState.UNKNOWN, judgement)
    so_far = mean(valid_hours)
    if limit is None or judgement is Judgement.NOT_JUDGED:
        state = DayState.UNKNOWN
    elif exceeds(limit, at_least(valid_hours)):
        state = DayState.EXCEEDED_FOR_CERTAIN
    else:
        state = DayState.ABOVE_SO_FAR if exceeds(limit, so_far) else DayState.BELOW
    return DaySoFar(so_far, len(valid_hours), state, judgement)


def day_outlook(
    hours: Sequence[Decimal | None], limit: LimitValue | None, n_possible: int = 24
) -> DayOutlook:
    """The outlook from the day's hourly means so far, in order, None for one that is not valid."""
    valid = [hour for hour in hours if hour is not None]
    n_left = n_possible - len(hours)
    return DayOutlook(
        _headroom(valid, n_left, limit),
        _projected(hours, valid, n_left),
        None if limit is None else _certain_after_h(hours, limit, n_possible),
    )


def _headroom(valid: Sequence[Decimal], n_left: int, limit: LimitValue | None) -> Decimal | None:
    """By the level itself: what rounding would forgive is not given away beforehand."""
    if limit is None or n_left <= 0:
        return None
    allowed = limit.level_ugm3 * (len(valid) + n_left) - sum(valid, Decimal(0))
    return max(allowed / n_left, Decimal(0)).quantize(MEAN_STEP)


def _projected(
    hours: Sequence[Decimal | None], valid: Sequence[Decimal], n_left: int
) -> Decimal | None:
    newest = [hour for hour in hours[-_NEWEST_H:] if hour is not None]
    if not newest:
        return None
    return mean([*valid, *[mean(newest)] * max(n_left, 0)])


def _certain_after_h(
    hours: Sequence[Decimal | None], limit: LimitValue, n_possible: int
) -> int | None:
    valid: list[Decimal] = []
    for count, hour in enumerate(hours, start=1):
        if hour is not None:
            valid.append(hour)
            if exceeds(limit, at_least(valid, n_possible)):
                return count
    return None
