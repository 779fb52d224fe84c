"""What a rule does to a station's daily mean: how far from the truth, and across the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from sim.labelled.background import MINUTES_A_DAY
from sim.labelled.kinds import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.labelled.background import Floats
    from sim.labelled.labelled_set import LabelledSet
    from sim.labelled.verdict import Verdict

_LIMIT_UGM3: Final = 37.5  # Thailand, PM2.5, 24 h
_HOURS, _FEWEST_HOURS = 24, 18
FEWEST_MINUTES: Final = 45  # 75 % of an hour
_ROUGH: Final = 1  # reading of a kind makes a day one of plumes or of faults


class DayRow(msgspec.Struct, frozen=True, gc=False):
    """One station's day; `told` is None where the rule left fewer than 18 valid hours."""

    has_plume: bool
    has_fault: bool
    truth: float
    told: float | None


class DayFigures(msgspec.Struct, frozen=True):
    """Days of one sort under a rule; errors in µg/m³ over the days that have a mean.

    `lost`: no mean. `hidden`: truly above 37.5 µg/m³, told as below or lost. `invented`: told as
    above, truly below.
    """

    days: int
    lost: int
    largest_error: float | None
    median_error: float | None
    above_limit: int
    hidden: int
    invented: int


def day_rows(labelled: LabelledSet, verdict: Verdict) -> list[DayRow]:
    """Every station's every day, by the rules of completeness: 75 % of an hour, 18 hours."""
    counted = np.where(verdict.removed, np.nan, labelled.pm25)
    told = daily_means(counted)
    truth = daily_means(labelled.truth_ugm3)
    plumes = _readings(labelled, Label.PLUME)
    faults = _readings(labelled, Label.FAULT)
    return [
        DayRow(bool(plume), bool(fault), float(true), None if np.isnan(mean) else float(mean))
        for plume, fault, true, mean in zip(
            plumes.flat, faults.flat, truth.flat, told.flat, strict=True
        )
    ]


def daily_means(values: Floats) -> Floats:
    """(stations, days) from (stations, minutes); NaN where incomplete."""
    hours = means(values.reshape(len(values), -1, 60), FEWEST_MINUTES)
    return means(hours.reshape(len(values), -1, _HOURS), _FEWEST_HOURS)


def means(values: Floats, fewest: int) -> Floats:
    """Over the last axis; NaN where fewer than `fewest` are there."""
    came = ~np.isnan(values)
    count = came.sum(axis=-1)
    total = np.where(came, values, 0.0).sum(axis=-1)
    return np.where(count >= fewest, total / np.maximum(count, 1), np.nan)


def day_figures(rows: Sequence[DayRow]) -> DayFigures:
    errors = [abs(row.told - row.truth) for row in rows if row.told is not None]
    above = [row for row in rows if row.truth > _LIMIT_UGM3]
    hidden = [row for row in above if row.told is None or row.told <= _LIMIT_UGM3]
    invented = [row for row in rows if row.told is not None and row.told > _LIMIT_UGM3 >= row.truth]
    return DayFigures(
        len(rows),
        sum(row.told is None for row in rows),
        max(errors, default=None),
        float(np.median(errors)) if errors else None,
        len(above),
        len(hidden),
        len(invented),
    )


def _readings(labelled: LabelledSet, label: Label) -> Floats:
    """Whether a day has enough of a label to be called one of it."""
    by_day = (labelled.label == label).reshape(len(labelled.stations), -1, MINUTES_A_DAY)
    return np.asarray(by_day.sum(axis=-1) >= _ROUGH)
