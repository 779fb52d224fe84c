"""Flags of readings on arrival: the tests that need one reading only, many readings at a time.

What must look along a sensor's series is told later, when its hour is made (`ingest.flags`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import msgspec

from dust.pollutants import Pollutant
from dust.quality_control import Outcome, SensorSeries, check_values
from dust.quality_control.arrays import as_stored, floats

if TYPE_CHECKING:
    from dust.claims import SensorModel
    from dust.quality_control.arrays import Floats
    from ingest.reading_columns import ReadingColumns


def check_columns(columns: ReadingColumns, model: SensorModel, now_ms: int) -> Outcome:
    """Flag each particulate value of readings of one `model` that arrive at `now_ms`."""
    named = model.qc.channels
    extras = [_read(text) for text in columns.extras] if named else []
    series = SensorSeries(
        columns.times_ms,
        {pollutant: as_stored(columns.values[pollutant]) for pollutant in Pollutant},
        as_stored(columns.values["rh"]),
        (_numbers(extras, named[0]), _numbers(extras, named[1])) if named else None,
        columns.times_ms > now_ms,
    )
    return check_values(series, model)


def _read(text: bytes) -> dict[str, Any]:
    """Extras as sent; what cannot be read here is refused by the database."""
    try:
        told = msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _numbers(extras: list[dict[str, Any]], name: str) -> Floats:
    """A number from each reading's extras; whatever else a device wrote there is no number."""
    told = [each.get(name) for each in extras]
    return floats([float(value) if _is_number(value) else None for value in told])


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max  # JSON knows no largest integer
