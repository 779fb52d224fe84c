"""Automatic tests of single values: range and sign; flagged, never deleted.

Parameters are the model's plausible range in the claims table. Out of range above is suspect (3)
and counts, because quarry dust can truly be that high; below what is possible fails (4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest, worse
from dust.readings import PARTICULATE_FIELDS

if TYPE_CHECKING:
    from dust.claims import PollutantClaim, SensorModel
    from dust.wire import WireReading


class QcOutcome(NamedTuple):
    """The flags of pm1, pm25, pm10, tsp and the bit mask of the tests that spoke."""

    flags: tuple[int, ...]
    tests: int


def check_reading(reading: WireReading, model: SensorModel, now_ms: int) -> QcOutcome:
    """Flag each particulate value of a reading of `model` that arrives at `now_ms`."""
    ahead = reading.t > now_ms
    flags, tests = [], QcTest.CLOCK_AHEAD if ahead else QcTest.NONE
    for name in PARTICULATE_FIELDS:
        flag, test = _check_value(getattr(reading, name), model.pollutants.get(Pollutant(name)))
        if ahead and flag is not QcFlag.MISSING:
            flag = worse(flag, QcFlag.SUSPECT)
        flags.append(int(flag))
        tests |= test
    return QcOutcome(tuple(flags), int(tests))


def _check_value(value: float | None, claim: PollutantClaim | None) -> tuple[QcFlag, QcTest]:
    if value is None:
        return QcFlag.MISSING, QcTest.NONE
    if claim is None:
        return QcFlag.NOT_EVALUATED, QcTest.NONE
    if value < claim.plausible.fail_below_ugm3:
        return QcFlag.FAIL, QcTest.NEGATIVE
    if value > claim.plausible.suspect_above_ugm3:
        return QcFlag.SUSPECT, QcTest.RANGE
    return QcFlag.GOOD, QcTest.NONE
