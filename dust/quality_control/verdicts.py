"""What tests have said so far of each value of a series: the gravest flag, and who spoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest
from dust.quality_control.arrays import Bools, Flags, Floats, good_or_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dust.claims import SensorModel
    from dust.quality_control.series import SensorSeries


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """Flags of each pollutant, int16[n], and the bits of the tests that spoke, int32[n]."""

    flags: Mapping[Pollutant, Flags]
    tests: NDArray[np.int32]


class Verdicts:
    """Gathers what tests say; a value's flag only ever gets worse.

    `values` are those that the model is made to measure. Others are not evaluated (2), and only the
    gateway's clock makes them suspect.
    """

    def __init__(self, series: SensorSeries, model: SensorModel) -> None:
        self.series = series
        self.model = model
        self.values: dict[Pollutant, Floats] = {
            pollutant: series.values[pollutant]
            for pollutant in Pollutant
            if pollutant in series.values and pollutant in model.pollutants
        }
        self._flags = {pollutant: self._before(pollutant) for pollutant in Pollutant}
        self._tests = np.zeros(len(series.times_ms), np.int32)

    def say(self, pollutant: Pollutant, where: Bools, flag: QcFlag, test: QcTest) -> None:
        """Put `flag` on the values where it is graver than theirs, and note the test."""
        if where.any():
            flags = self._flags[pollutant]
            told = where & (flags != QcFlag.MISSING)
            np.maximum(flags, np.int16(flag), out=flags, where=told)
            self._tests[told] |= np.int32(test)

    def say_of_readings(self, where: Bools, flag: QcFlag, test: QcTest) -> None:
        """The same of every evaluated value of these readings."""
        for pollutant in self.values:
            self.say(pollutant, where, flag, test)

    def say_clock_ahead(self, where: Bools) -> None:
        """Of every value, evaluated or not; the bit stands even for a reading without any."""
        for pollutant in Pollutant:
            self.say(pollutant, where, QcFlag.SUSPECT, QcTest.CLOCK_AHEAD)
        self._tests[where] |= np.int32(QcTest.CLOCK_AHEAD)

    def not_failed(self, pollutant: Pollutant) -> Floats:
        """The values, those that have failed so far as absent."""
        return np.where(self._flags[pollutant] == QcFlag.FAIL, np.nan, self.values[pollutant])

    def outcome(self) -> Outcome:
        return Outcome(self._flags, self._tests)

    def _before(self, pollutant: Pollutant) -> Flags:
        if pollutant not in self.series.values:
            return np.full(len(self.series.times_ms), QcFlag.MISSING, np.int16)
        flags = good_or_missing(self.series.values[pollutant])
        if pollutant not in self.model.pollutants:
            flags[flags == QcFlag.GOOD] = QcFlag.NOT_EVALUATED
        return flags
