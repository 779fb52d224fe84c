"""Corrections: how a raw value becomes the told one, by a named formula with its coefficients.

Smoke corrections (EPA, Nilson) were made for PM2.5 of smoke and of towns; they are refused for any
other pollutant, because quarry dust is neither. Raw values and raw humidity of the sensor go in.
Sources of the formulas: docs/corrections.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.decimals import MEAN_STEP
from dust.errors import BadInput
from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from dust.claims import ClaimClass


class Formula(StrEnum):
    """How a value is corrected; the value is its name in rows, files and on the command line."""

    NONE = "none"
    LINEAR = "linear"
    EPA_2021 = "epa_2021"
    EPA_2022 = "epa_2022"
    NILSON_2022 = "nilson_2022"
    KAPPA_KOEHLER = "kappa_koehler"


class Coefficient(NamedTuple):
    """What a coefficient may be; the bounds also keep every result within 28 digits."""

    least: Decimal
    most: Decimal
    above_least: bool
    """Whether the least value itself is refused."""

    @property
    def allowed(self) -> str:
        first = "above" if self.above_least else "from"
        return f"a number {first} {self.least} to {self.most}"

    def allows(self, value: Decimal) -> bool:
        if not value.is_finite() or value > self.most:
            return False
        return value > self.least if self.above_least else value >= self.least


@dataclass(frozen=True, slots=True)
class Correction:
    """One version of a correction: what it does to a pollutant's values over [from, to).

    Raises `BadInput` for a coefficient or a pollutant that the formula does not take.
    """

    correction_id: int
    pollutant: Pollutant
    formula: Formula
    coefficients: Mapping[str, Decimal] = field(hash=False)
    valid_from: datetime
    valid_to: datetime | None
    claim_class: ClaimClass | None

    def __post_init__(self) -> None:
        check(self.pollutant, self.formula, self.coefficients)
        object.__setattr__(self, "coefficients", MappingProxyType(dict(self.coefficients)))

    def applied(self, value: Decimal, rh: Decimal | None) -> Decimal | None:
        """The corrected value, µg/m³, to six decimals.

        Args:
            value: the raw value, µg/m³.
            rh: the sensor's own relative humidity, %.

        Returns:
            None where the formula needs a humidity and there is none: `rh` is absent, is outside
            0 to 100, or is 100 in kappa-Köhler, where growth has no bound.
        """
        corrected = _RULES[self.formula].function(value, rh, self.coefficients)
        return None if corrected is None else corrected.quantize(MEAN_STEP, ROUND_HALF_EVEN)

    def holds_at(self, instant: datetime) -> bool:
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)


def check(pollutant: Pollutant, formula: Formula, coefficients: Mapping[str, Decimal]) -> None:
    """Refuse a pollutant, a name or a coefficient that the formula does not take (`BadInput`)."""
    rule = _RULES[formula]
    if pollutant not in rule.pollutants:
        raise BadInput("pollutant", str(pollutant), f"{', '.join(rule.pollutants)} for {formula}")
    for name in coefficients:
        if name not in rule.coefficients:
            allowed = f"{', '.join(rule.coefficients) or 'no coefficient'} for {formula}"
            raise BadInput("coefficient", name, allowed)
    for name, coefficient in rule.coefficients.items():
        value = coefficients.get(name)
        if value is None or not coefficient.allows(value):
            raise BadInput(name, None if value is None else str(value), coefficient.allowed)


def decimal_coefficients(texts: Mapping[str, str]) -> dict[str, Decimal]:
    """Coefficients as people and rows write them; a `BadInput` names the one that is no number."""
    found = {}
    for name, text in texts.items():
        try:
            found[name] = Decimal(text)
        except InvalidOperation:
            raise BadInput(name, text, "a decimal number") from None
    return found


def coefficients_of(formula: Formula) -> Mapping[str, Coefficient]:
    """The coefficients that a formula takes, all of them needed."""
    return _RULES[formula].coefficients


def pollutants_of(formula: Formula) -> tuple[Pollutant, ...]:
    """The pollutants that a formula may be applied to."""
    return _RULES[formula].pollutants


def _none(value: Decimal, _rh: Decimal | None, _given: Mapping[str, Decimal]) -> Decimal:
    return value


def _linear(value: Decimal, _rh: Decimal | None, given: Mapping[str, Decimal]) -> Decimal:
    return given["slope"] * value + given["intercept"]


_SMOKE_LOW: Final = Decimal("0.524")
_SMOKE_MIDDLE: Final = Decimal("0.786")
_SMOKE_TOP: Final = Decimal("0.69")
_PER_RH: Final = Decimal("0.0862")  # sensortoolkit 1.1.0 has 0.0852 and 5.72: wrong
_OFFSET: Final = Decimal("5.75")
_TOP_OFFSET: Final = Decimal("2.966")
_TOP_SQUARE: Final = Decimal("0.000884")  # pow(8.8410, -4) in a published script: wrong


def _epa_2021(value: Decimal, rh: Decimal | None, _given: Mapping[str, Decimal]) -> Decimal | None:
    return None if rh is None or not _is_humidity(rh) else _smoke(_SMOKE_LOW, value, rh)


def _epa_2022(value: Decimal, rh: Decimal | None, _given: Mapping[str, Decimal]) -> Decimal | None:
    if rh is None or not _is_humidity(rh):
        return None
    return max(_epa_2022_unclamped(value, rh), Decimal(0))


def _epa_2022_unclamped(value: Decimal, rh: Decimal) -> Decimal:
    if value < 30:  # noqa: PLR2004  (the formula's own nodes, µg/m³)
        return _smoke(_SMOKE_LOW, value, rh)
    if value < 50:  # noqa: PLR2004  (the same)
        share = value / 20 - Decimal("1.5")
        return _smoke(_SMOKE_MIDDLE * share + _SMOKE_LOW * (1 - share), value, rh)
    if value < 210:  # noqa: PLR2004  (the same)
        return _smoke(_SMOKE_MIDDLE, value, rh)
    top = _TOP_OFFSET + _SMOKE_TOP * value + _TOP_SQUARE * value * value
    if value < 260:  # noqa: PLR2004  (the same)
        share = value / 50 - Decimal("4.2")
        return share * top + (1 - share) * _smoke(_SMOKE_MIDDLE, value, rh)
    return top


def _smoke(slope: Decimal, value: Decimal, rh: Decimal) -> Decimal:
    return slope * value - _PER_RH * rh + _OFFSET


# Below, each formula is brought to one division: of several, each cuts off behind 28 digits, and a
# value that is a tie at six decimals would fall to the wrong side.
_SATURATION: Final = Decimal(100)
_NILSON_GROWTH: Final = Decimal("0.24")
_NILSON_RH: Final = (Decimal(30), Decimal(70))


def _nilson_2022(
    value: Decimal, rh: Decimal | None, _given: Mapping[str, Decimal]
) -> Decimal | None:
    if rh is None or not _is_humidity(rh):
        return None
    least, most = _NILSON_RH
    held = min(max(rh, least), most)
    dry = _SATURATION - held
    return value * dry / (dry + _NILSON_GROWTH * held)


_PARTICLE_DENSITY: Final = Decimal("1.65")  # dry particle over water (Crilley 2018)


def _kappa_koehler(
    value: Decimal, rh: Decimal | None, given: Mapping[str, Decimal]
) -> Decimal | None:
    if rh is None or not _is_humidity(rh) or rh == _SATURATION:
        return None
    # kappa/1.65 over (1/aw - 1), in a form that is also defined for dry air.
    dry = _PARTICLE_DENSITY * (_SATURATION - rh)
    return value * dry / (dry + given["kappa"] * rh)


def _is_humidity(rh: Decimal) -> bool:
    return rh.is_finite() and 0 <= rh <= _SATURATION


class _Rule(NamedTuple):
    function: Callable[[Decimal, Decimal | None, Mapping[str, Decimal]], Decimal | None]
    pollutants: tuple[Pollutant, ...]
    coefficients: Mapping[str, Coefficient]


_FINE: Final = (Pollutant.PM25,)
_LINE: Final = {
    "slope": Coefficient(Decimal(0), Decimal(100), above_least=True),
    "intercept": Coefficient(Decimal(-1000), Decimal(1000), above_least=False),
}
_KAPPA: Final = {"kappa": Coefficient(Decimal(0), Decimal(2), above_least=False)}
_RULES: Final[Mapping[Formula, _Rule]] = {
    Formula.NONE: _Rule(_none, tuple(Pollutant), {}),
    Formula.LINEAR: _Rule(_linear, tuple(Pollutant), _LINE),
    Formula.EPA_2021: _Rule(_epa_2021, _FINE, {}),
    Formula.EPA_2022: _Rule(_epa_2022, _FINE, {}),
    Formula.NILSON_2022: _Rule(_nilson_2022, _FINE, {}),
    Formula.KAPPA_KOEHLER: _Rule(_kappa_koehler, (Pollutant.PM1, Pollutant.PM25), _KAPPA),
}
