"""Flags of readings on arrival: the tests that need one reading only, a batch at a time.

What must look along a sensor's series is told later, when its hour is made (`ingest.flags`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from dust.pollutants import Pollutant
from dust.quality_control import SensorSeries, check_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.claims import SensorModel
    from dust.wire import WireReading


class QcOutcome(NamedTuple):
    """The flags of pm1, pm25, pm10, tsp and the bit mask of the tests that spoke."""

    flags: tuple[int, ...]
    tests: int


def check_readings(
    readings: Sequence[WireReading], model: SensorModel, now_ms: int
) -> list[QcOutcome]:
    """Flag each particulate value of readings of one `model` that arrive at `now_ms`."""
    outcome = check_values(_series(readings, model, now_ms), model)
    flags = zip(*(outcome.flags[pollutant].tolist() for pollutant in Pollutant), strict=True)
    return [QcOutcome(*told) for told in zip(flags, outcome.tests.tolist(), strict=True)]


def _series(readings: Sequence[WireReading], model: SensorModel, now_ms: int) -> SensorSeries:
    named = model.qc.channels
    return SensorSeries.from_columns(
        [reading.t for reading in readings],
        {
            pollutant: [getattr(reading, pollutant) for reading in readings]
            for pollutant in Pollutant
        },
        [reading.rh for reading in readings],
        (_extra(readings, named[0]), _extra(readings, named[1])) if named else None,
        [reading.t > now_ms for reading in readings],
    )


def _extra(readings: Sequence[WireReading], name: str) -> list[float | None]:
    """A number from each reading's `x`; whatever else a device wrote there is no number."""
    told = [(reading.x or {}).get(name) for reading in readings]
    return [float(value) if _is_number(value) else None for value in told]


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max  # JSON knows no largest integer
