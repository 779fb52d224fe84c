"""The air at a place and an instant: what the simulator's signals make and its sensors see."""

from __future__ import annotations

from typing import NamedTuple


class Air(NamedTuple):
    """Concentrations in µg/m³ (pm1 <= pm25 <= pm4 <= pm10 <= tsp), climate and wind.

    `wind_deg` is where the wind comes from, clockwise from north; None in calm air.
    """

    pm1: float
    pm25: float
    pm4: float
    pm10: float
    tsp: float
    t_c: float = 28.0
    rh: float = 60.0
    wind_mps: float = 0.0
    wind_deg: float | None = None
