"""One value's course in time: absent readings left out, readings of the same instant as one.

Two readings of one instant have no order (they came in any), so an instant is a span of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dust.quality_control.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """Instants that have a value, their least and greatest, and before which there was silence."""

    times_ms: Ints
    low: Floats
    high: Floats
    after_silence: Bools
    _readings: Ints
    _instant_of_reading: Ints
    _n: int

    @classmethod
    def of(cls, times_ms: Ints, values: Floats, step_ms: float) -> Track:
        """The course of `values`; instants `step_ms` or more apart have silence between them."""
        readings = np.flatnonzero(~np.isnan(values))
        times, numbers = times_ms[readings], values[readings]
        first = np.flatnonzero(np.diff(times, prepend=times[:1] - 1))
        instants = times[first]
        low = np.minimum.reduceat(numbers, first) if len(first) else numbers
        high = np.maximum.reduceat(numbers, first) if len(first) else numbers
        of_reading = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(readings))))
        silence = after_silence(instants, step_ms)
        return cls(instants, low, high, silence, readings, of_reading, len(values))

    @property
    def middle(self) -> Floats:
        return (self.low + self.high) / 2

    def spread_ms(self, of_instants: Ints) -> Ints:
        """A number of each instant for its readings; 0 for readings that are absent here."""
        numbers = np.zeros(self._n, np.int64)
        numbers[self._readings] = of_instants[self._instant_of_reading]
        return numbers

    def readings_at(self, instants: Bools) -> Bools:
        """The readings of these instants, as a mask over the whole series."""
        mask = np.zeros(self._n, np.bool_)
        mask[self._readings[instants[self._instant_of_reading]]] = True
        return mask


def after_silence(times_ms: Ints, step_ms: float) -> Bools:
    """Where the time before is `step_ms` or more ago, or there is none."""
    silence = np.ones(len(times_ms), np.bool_)
    silence[1:] = np.diff(times_ms) >= step_ms
    return silence
