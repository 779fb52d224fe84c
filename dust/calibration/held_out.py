"""A fit judged by hours that it has not seen.

On the hours that a fit was made from, its mean is right by construction and its slope nearly 1, so
they say nothing about tomorrow. Blocks of whole, neighbouring days are held out, not single hours:
an hour is so much like the next that a fit which has seen the one has seen the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dust.calibration.proposal import fitted

if TYPE_CHECKING:
    from dust.calibration.arrays import Floats
    from dust.calibration.colocation import CoLocation

BLOCKS: Final = 5


def held_out(colocation: CoLocation) -> Floats | None:
    """The sensor's hours, µg/m³, each corrected by the fit of the four blocks it is not in.

    None where there are fewer days than blocks, or four blocks determine no correction.
    """
    days = np.array([day.toordinal() for day in colocation.days])
    every_day = np.unique(days)
    if len(every_day) < BLOCKS:
        return None
    corrected = np.full(colocation.n_hours, np.nan)
    for block in np.array_split(every_day, BLOCKS):
        aside = np.isin(days, block)
        line = fitted(colocation.reference[~aside], colocation.sensor[~aside])
        if line is None:
            return None
        corrected[aside] = line.inverse().of(colocation.sensor[aside])
    return corrected
