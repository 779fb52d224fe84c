"""How far units of a sensor agree with a reference and with each other, in the US EPA's terms.

OLS and R² of the mean over the units on the reference; RMSE over all units; NRMSE is RMSE over the
mean of the reference; SD and CV between the units. Source: U.S. EPA, Performance Testing Protocols,
Metrics, and Target Values for Fine Particulate Matter Air Sensors (2021), and USEPA/sensortoolkit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dust.calibration.regression import Line, deming, ols, r_squared, theil_sen
from dust.errors import BadInput

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats

_PER_CENT = 100


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of one comparison; None is what the values do not determine. RMSE and SD in µg/m³."""

    n: int
    """How many times have a reference value and at least one unit's."""
    n_units: int
    slope: float | None
    intercept: float | None
    r2: float | None
    rmse: float | None
    nrmse: float | None
    sd: float | None
    cv: float | None
    deming: Line | None
    theil_sen: Line | None


def performance(reference: Floats, units: Floats) -> Performance:
    """The figures of one or several units.

    Args:
        reference: shape (times,), µg/m³, NaN where there is no value.
        units: shape (units, times), or (times,) for one; NaN where there is no value.
    """
    units = np.atleast_2d(units)
    if units.shape[1] != len(reference):
        raise BadInput("units", f"{units.shape[1]} times", "as many as the reference has")
    sd, cv = _between(units)
    # A time without reference is no time at all: counted in N it would make the RMSE look smaller.
    usable = ~np.isnan(reference) & ~np.isnan(units).all(axis=0)
    reference, units = reference[usable], units[:, usable]
    middle = np.nanmean(units, axis=0) if usable.any() else reference
    line = ols(reference, middle)
    rmse, nrmse = _error(reference, units)
    return Performance(
        n=len(reference),
        n_units=len(units),
        slope=None if line is None else line.slope,
        intercept=None if line is None else line.intercept,
        r2=r_squared(reference, middle),
        rmse=rmse,
        nrmse=nrmse,
        sd=sd,
        cv=cv,
        deming=deming(reference, middle),
        theil_sen=theil_sen(reference, middle),
    )


def _error(reference: Floats, units: Floats) -> tuple[float | None, float | None]:
    if not len(reference):
        return None, None
    rmse = float(np.sqrt(np.nanmean((units - reference) ** 2)))
    middle = float(reference.mean())
    return rmse, _PER_CENT * rmse / middle if middle > 0 else None


def _between(units: Floats) -> tuple[float | None, float | None]:
    """SD and CV of the units around their mean, over the times at which all have a value."""
    together = units[:, ~np.isnan(units).any(axis=0)]
    n_units, n_times = together.shape
    if n_units < 2 or n_units * n_times < 2:  # noqa: PLR2004  (one has nothing to differ from)
        return None, None
    squares = float(((together - together.mean(axis=0)) ** 2).sum())
    sd = float(np.sqrt(squares / (n_units * n_times - 1)))
    middle = float(together.mean())
    return sd, _PER_CENT * sd / middle if middle > 0 else None
