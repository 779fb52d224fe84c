"""What each model can tell: its fields and its steps, without making a frame.

Load needs levels by the hundred thousand and no bytes; tests hold this table to the encoders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sim.air import Air
    from sim.emission import Levels

_PM = ("pm1", "pm25", "pm10")
_U16_MAX = 65_535
_MPS_OF_MPH = 0.44704
_BAM_FULL_SCALE_UGM3 = 985


class Resolution(NamedTuple):
    """Steps in a ug/m3 and the most ug/m3 that a model tells of each of its fields."""

    fields: tuple[str, ...]
    per_ugm3: int
    most_ugm3: float
    climate: bool = False

    def levels(self, air: Air) -> Levels:
        told = {
            field: _stepped(getattr(air, field), self.per_ugm3, self.most_ugm3)
            for field in self.fields
        }
        if self.climate:
            told["t_c"] = _stepped(air.t_c, 10, _U16_MAX, -_U16_MAX)
            told["rh"] = _stepped(air.rh, 10, 100)
        return told


Teller = Callable[["Air"], "Levels"]

_DUST = {
    "pms3003": Resolution(_PM, 1, _U16_MAX),
    "pms5003": Resolution(_PM, 1, _U16_MAX),
    "pms5003t": Resolution(_PM, 1, _U16_MAX, climate=True),
    "pms5003s": Resolution(_PM, 1, _U16_MAX),
    "pms5003st": Resolution(_PM, 1, _U16_MAX, climate=True),
    "sds198": Resolution(("tsp",), 1, _U16_MAX),
    "sps30": Resolution(_PM, 100, 1000),
    "hpma115s0": Resolution(_PM[1:], 1, 1000),
    "hpma115c0": Resolution(_PM, 1, 1000),
    "zh03b": Resolution(_PM, 1, 1000),
    "zh06": Resolution(_PM, 1, 1000),
    "pm1006": Resolution(("pm25",), 1, 1000),
    "pm2008": Resolution(_PM, 1, 1000),
    "sn-gcja5": Resolution(_PM, 1, 2000),
    "nextpm": Resolution(_PM, 10, _U16_MAX / 10),
    "sm-uart-04l": Resolution(_PM, 1, 0x3FFF),
}
# (steps in a m/s, the most m/s, steps in a degree, direction told from this speed on)
_WIND = {
    "nmea-wind": (10, 999.9, 10, 0.1),
    "windsonic": (100, 60.0, 1, 0.05),
    "rm-young-86xxx": (100, 75.0, 10, 0.01),
    "modbus-rtu": (10, _U16_MAX / 10, 1, 0.1),
}


def teller_of(model: str) -> Teller:
    """What a model tells of an air.

    Raises:
        ValueError: No such model.
    """
    if model in _DUST:
        return _DUST[model].levels
    if model in _WIND:
        return lambda air: _wind(air, *_WIND[model])
    others: dict[str, Teller] = {"sds011": _sds011, "bam1020": _bam1020, "davis-vantage": _davis}
    if model not in others:
        allowed = ", ".join([*_DUST, *_WIND, *others])
        raise ValueError(f"model = {model!r}: allowed is one of {allowed}")
    return others[model]


def _sds011(air: Air) -> Levels:
    return {"pm25": _stepped(air.pm25, 10, 999.9), "pm10": _stepped(air.pm10, 10, 1999.9)}


def _bam1020(air: Air) -> Levels:
    """A level at full scale says that something is wrong, and tells nothing."""
    pm10 = _stepped(air.pm10, 1, _BAM_FULL_SCALE_UGM3)
    return {} if pm10 == _BAM_FULL_SCALE_UGM3 else {"pm10": pm10}


def _davis(air: Air) -> Levels:
    """Whole miles an hour, tenths of a degree Fahrenheit."""
    mph = _stepped(air.wind_mps / _MPS_OF_MPH, 1, 254)
    tenths_f = _stepped(air.t_c * 1.8 + 32, 10, _U16_MAX, -_U16_MAX)
    told = {
        "wind_mps": round(mph * _MPS_OF_MPH, 3),
        "t_c": round((tenths_f - 32) / 1.8, 2),
        "rh": _stepped(air.rh, 1, 100),
    }
    if mph and air.wind_deg is not None:
        told["wind_deg"] = (math.floor(air.wind_deg + 0.5) - 1) % 360 + 1.0  # north is 360
    return told


def _wind(air: Air, per_mps: int, most_mps: float, per_degree: int, told_from_mps: float) -> Levels:
    speed = _stepped(air.wind_mps, per_mps, most_mps)
    if air.wind_deg is None or speed < told_from_mps:
        return {"wind_mps": speed}
    direction = math.floor(air.wind_deg * per_degree + 0.5) % (360 * per_degree) / per_degree
    return {"wind_mps": speed, "wind_deg": direction}


def _stepped(value: float, per_unit: int, most: float, least: float = 0.0) -> float:
    """The nearest step, halves upward, within what the format holds."""
    stepped = math.floor(value * per_unit + 0.5) / per_unit
    if stepped > most:
        return most
    return max(stepped, least)
