"""How a figure is rounded before anything is decided by it: a step and a mode, as data files say.

Rounding belongs to the limit value or the scale that judges, never to the code that judges: Thai
limits round to the digit they are written in, the US index cuts off, and US rules for PM10 round to
the nearest ten (40 CFR 50 Appendix K).
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from pydantic import field_validator

from dust.toml_file import FileModel


class RoundingMode(StrEnum):
    """Where a figure between two steps goes: ties away from zero, or everything towards zero."""

    HALF_UP = "half_up"
    TRUNCATE = "truncate"


_DECIMAL_MODES: Final = {RoundingMode.HALF_UP: ROUND_HALF_UP, RoundingMode.TRUNCATE: ROUND_DOWN}
_ONE: Final = Decimal(1)


class Rounding(FileModel):
    """Round to multiples of `step`, which is a power of ten (0.1, 1, 10)."""

    step: Decimal
    mode: RoundingMode = RoundingMode.HALF_UP

    @field_validator("step")
    @classmethod
    def _is_a_power_of_ten(cls, step: Decimal) -> Decimal:
        # Only these are exact for any number of decimals: a quotient by another step is cut off.
        if not step.is_finite() or step <= 0 or step.normalize().as_tuple().digits != (1,):
            raise ValueError("a power of ten, such as 0.1, 1 or 10")
        return step.normalize()

    def of(self, value: Decimal) -> Decimal:
        """The multiple of `step` that stands for `value`."""
        rounded = value.quantize(self.step, _DECIMAL_MODES[self.mode])
        return rounded if self.step <= _ONE else rounded.quantize(_ONE)


WHOLE: Final = Rounding(step=_ONE)
"""Half up to whole numbers."""
TENTHS: Final = Rounding(step=Decimal("0.1"))
"""Half up to one decimal: how shares in percent are told."""
