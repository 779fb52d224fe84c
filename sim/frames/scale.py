"""How a format counts: whole steps of a unit between the least and the most that it holds."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

U16_MAX = 0xFFFF
FULL_CIRCLE_DEG = 360


class Scale(NamedTuple):
    """`per_unit` steps make one unit; what lies beyond `least` or `most` steps is cut off there."""

    per_unit: int = 1
    most: int = U16_MAX
    least: int = 0

    def steps(self, value: float) -> int:
        """The nearest step, halves upward; raises `ValueError` for what is no finite number."""
        if not math.isfinite(value):
            raise ValueError(f"value = {value!r}: allowed is a finite number")
        return min(self.most, max(self.least, math.floor(value * self.per_unit + 0.5)))

    def level(self, steps: int) -> Decimal:
        """What `steps` say, exactly."""
        return Decimal(steps) / self.per_unit


WHOLE = Scale()
TENTHS = Scale(10)


def degrees(direction_deg: float, per_degree: int = 1) -> int:
    """The nearest step of a direction, from 0 to just below the full circle."""
    return Scale(per_degree, least=-U16_MAX).steps(direction_deg) % (FULL_CIRCLE_DEG * per_degree)


def refuse_beyond(field: str, value: int, most: int = U16_MAX, least: int = 0) -> None:
    """Raise `ValueError` with the field, the value and what is allowed."""
    if not least <= value <= most:
        raise ValueError(f"{field} = {value!r}: allowed is a whole number from {least} to {most}")
