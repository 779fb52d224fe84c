"""A sparkline: a day's hourly means in a line of text, to be looked at rather than read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """A bar for each value, from zero to the highest of them."""
    most = max(values, default=0.0)
    if most <= 0:
        return BARS[0] * len(values)
    return "".join(BARS[min(int(value / most * len(BARS)), len(BARS) - 1)] for value in values)
