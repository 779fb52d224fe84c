"""What a sensor said over one sampling interval, before any judgement."""

from __future__ import annotations

from typing import Final

PARTICULATE_FIELDS: Final = ("pm1", "pm25", "pm10", "tsp")
"""Concentrations of a reading, µg/m³."""

WEATHER_FIELDS: Final = ("t_c", "rh", "p_hpa", "wind_mps", "wind_deg")
"""Weather of a reading: °C, % relative humidity, hPa, m/s, degrees from north."""

VALUE_FIELDS: Final = PARTICULATE_FIELDS + WEATHER_FIELDS


def last_instant_ms(interval_end_ms: int) -> int:
    """The phenomenon time of a reading: the last millisecond of its half-open sampling interval.

    So the reading of 09:59-10:00 belongs to the hour in which it was sampled
    (docs/decisions/0005-phenomenon-time.md).
    """
    return interval_end_ms - 1
