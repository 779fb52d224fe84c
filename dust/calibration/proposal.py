"""The linear correction that a co-location proposes, from the Deming fit: both have errors."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from dust.calibration.regression import Line, deming
from dust.corrections import Formula, check
from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dust.calibration.arrays import Floats
    from dust.pollutants import Pollutant

SIGNIFICANT_DIGITS: Final = 6
"""Of stored coefficients: at 1000 µg/m³ the last digit moves a value by less than 0.01."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """corrected = slope * sensor + intercept."""

    slope: Decimal
    intercept: Decimal

    @property
    def coefficients(self) -> Mapping[str, Decimal]:
        return {"slope": self.slope, "intercept": self.intercept}

    def of(self, sensor: Floats) -> Floats:
        """What it makes of raw values, µg/m³, for statistics; told values are made in decimals."""
        return Line(float(self.slope), float(self.intercept)).of(sensor)


def fitted(reference: Floats, sensor: Floats) -> Line | None:
    """The Deming line of the sensor on the reference, where it can be turned round."""
    line = deming(reference, sensor)
    return line if line is not None and line.slope > 0 else None


def proposal(line: Line | None, pollutant: Pollutant) -> Proposal | None:
    """The correction that turns the line round; None where no allowed one does."""
    if line is None:
        return None
    inverse = line.inverse()
    found = Proposal(_rounded(inverse.slope), _rounded(inverse.intercept))
    try:
        check(pollutant, Formula.LINEAR, found.coefficients)
    except BadInput:
        return None
    return found


def _rounded(value: float) -> Decimal:
    rounded = Context(prec=SIGNIFICANT_DIGITS).create_decimal_from_float(value)
    return Decimal(f"{rounded:f}")
