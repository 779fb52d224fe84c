"""Which correction is in force, and what it makes of a value.

Sources of the formulas: epa_2021 Barkjohn 2021 (AMT 14, 4617); epa_2022 the extension in pieces,
negatives to zero; nilson_2022 AMT 15, 3315, model 2, humidity held within 30 to 70 %;
kappa_koehler Crilley 2018, density 1.65 g/cm3.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sim.oracle.exact import kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sim.oracle.world import Correction, Stored, World

SATURATED = 100
"""Relative humidity, %, beyond which no sensor can truly be; there the particles of the
kappa-Koehler formula grow without bound."""

_F = Fraction


def correction_for(world: World, reading: Stored, pollutant: str) -> Correction | None:
    """Of the rows in force the sensor's own before its model's; of these the newest."""
    own, models = [], []
    for row in world.corrections:
        if row.withdrawn or row.pollutant != pollutant or not _covers(row, reading.t_ms):
            continue
        if row.sensor == reading.sensor:
            own.append(row)
        elif row.model == world.sensors[reading.sensor].model:
            models.append(row)
    return max(own or models, key=lambda row: row.correction_id, default=None)


def corrected(row: Correction, value: Decimal, rh: Decimal | None) -> Decimal | None:
    """The value as told, to six decimals; None when the formula lacks the humidity."""
    x = _F(value)
    if row.formula == "none":
        return kept(x)
    if row.formula == "linear":
        return kept(_F(row.coefficients["slope"]) * x + _F(row.coefficients["intercept"]))
    if (
        rh is None
        or not 0 <= rh <= SATURATED
        or (row.formula == "kappa_koehler" and rh == SATURATED)
    ):
        return None
    return kept(_humid(row.formula, row.coefficients, x, _F(rh)))


def _covers(row: Correction, t_ms: int) -> bool:
    return row.from_ms <= t_ms and (row.to_ms is None or t_ms < row.to_ms)


def _humid(
    formula: str, coefficients: Mapping[str, Decimal], x: Fraction, rh: Fraction
) -> Fraction:
    if formula == "epa_2021":
        return _F("0.524") * x - _F("0.0862") * rh + _F("5.75")
    if formula == "epa_2022":
        return max(_F(0), _epa_2022(x, rh))
    if formula == "nilson_2022":
        return x / (1 + _F("0.24") / (100 / min(max(rh, _F(30)), _F(70)) - 1))
    if formula == "kappa_koehler":
        wet = rh / (SATURATED - rh)  # 1 / (1 / activity - 1), also for dry air
        return x / (1 + _F(coefficients["kappa"]) / _F("1.65") * wet)
    raise ValueError(f"formula = {formula!r}: allowed is one that the oracle knows")


def _epa_2022(x: Fraction, rh: Fraction) -> Fraction:
    humid = _F("0.0862") * rh
    if x < 30:  # noqa: PLR2004  (the pieces of the published formula)
        return _F("0.524") * x - humid + _F("5.75")
    if x < 50:  # noqa: PLR2004
        part = x / 20 - _F(3, 2)
        return (_F("0.786") * part + _F("0.524") * (1 - part)) * x - humid + _F("5.75")
    if x < 210:  # noqa: PLR2004
        return _F("0.786") * x - humid + _F("5.75")
    high = _F("2.966") + _F("0.69") * x + _F("0.000884") * x * x
    if x >= 260:  # noqa: PLR2004
        return high
    part = x / 50 - _F(21, 5)
    return part * high + (1 - part) * (_F("0.786") * x - humid + _F("5.75"))
