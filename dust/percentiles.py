"""The 98th percentile as the rules count it: a rank among the days, never interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

_PERCENT: Final = 98


def percentile98(daily_means: Sequence[Decimal]) -> Decimal:
    """The value that 98 % of the days do not exceed (40 CFR 50 Appendix N, 4.5; CAAQS).

    Rank from the top: 1 for up to 50 days, 2 for up to 100, 8 for a full year.
    """
    if not daily_means:
        raise BadInput("daily_means", "none", "at least one")
    count = len(daily_means)
    # In whole numbers: 0.98 x 50 is 49.0 in some floats and 48.999... in others.
    rank_from_top = max(1, count - count * _PERCENT // 100)
    return sorted(daily_means, reverse=True)[rank_from_top - 1]
