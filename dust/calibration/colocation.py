"""A sensor beside a reference: the hours in which both have a valid mean, and the days of those."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from datetime import date, datetime

    from dust.calibration.arrays import Floats


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the greatest."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class CoLocation:
    """Paired hours in order of time; arrays of shape (hours,).

    Args:
        starts: the hours.
        days: the reference station's local day of each hour.
        reference: its hourly means, µg/m³.
        sensor: the sensor's uncorrected hourly means, µg/m³.
        rh: hourly means of the sensor's own relative humidity, %, NaN where it told none.
        t_c: the same of its temperature, °C.
    """

    starts: tuple[datetime, ...]
    days: tuple[date, ...]
    reference: Floats
    sensor: Floats
    rh: Floats
    t_c: Floats

    @property
    def n_hours(self) -> int:
        return len(self.starts)


class DayMeans(NamedTuple):
    """The means of valid days; arrays of shape (days,), µg/m³."""

    days: tuple[date, ...]
    reference: Floats
    sensor: Floats


def day_means(colocation: CoLocation, sensor: Floats, min_hours: int) -> DayMeans:
    """Both means of each day with at least `min_hours` paired hours, over the same hours.

    Args:
        colocation: the hours.
        sensor: their sensor values, raw or corrected, µg/m³; NaN does not count.
        min_hours: from how many paired hours on a day is valid.
    """
    of_day = defaultdict[object, list[int]](list)
    for index, day in enumerate(colocation.days):
        if not np.isnan(sensor[index]):
            of_day[day].append(index)
    valid = [day for day in sorted(set(colocation.days)) if len(of_day[day]) >= min_hours]
    return DayMeans(
        tuple(valid),
        np.array([colocation.reference[of_day[day]].mean() for day in valid], dtype=np.float64),
        np.array([sensor[of_day[day]].mean() for day in valid], dtype=np.float64),
    )


def range_of(values: Floats) -> Range | None:
    """The span of the values that are there."""
    there = values[~np.isnan(values)]
    return Range(float(there.min()), float(there.max())) if len(there) else None
