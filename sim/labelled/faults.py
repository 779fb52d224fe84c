"""Faults of sensors as they come to a desk: readings that were not in the air.

Faults of lines and clocks that lose or double frames are in sim.faults; here every frame is valid
and its figures are wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.labelled.frames import stepped
from sim.labelled.kinds import FaultKind

if TYPE_CHECKING:
    from sim.labelled.background import Floats
    from sim.labelled.frames import Frames
    from sim.labelled.stations import Station

Dice = np.random.Generator


class Stretch(NamedTuple):
    """The minutes of one fault: from `first` to just before `past`, at one station."""

    station: Station
    first: int
    past: int

    @property
    def minutes(self) -> int:
        return self.past - self.first

    @property
    def span(self) -> slice:
        return slice(self.first, self.past)


Spoil = Callable[["Frames", Stretch, Dice], None]
"""Spoils the frames of a stretch in place."""


class FaultPlan(NamedTuple):
    """How often in four weeks, the lengths in hours, on what sensors, and what happens.

    `whole`: every reading of the stretch is wrong; else those far enough from what a healthy sensor
    would have told (see labelled_set).
    """

    episodes: int
    hours: tuple[float, ...]
    spoil: Spoil
    whole: bool = True
    needs: str = ""


def _stuck(frames: Frames, at: Stretch, _: Dice) -> None:
    for column in frames.columns:
        column[at.span] = column[at.first]


def _flicker(frames: Frames, at: Stretch, dice: Dice) -> None:
    """One step of a frame more in some frames: of a mean of frames, in some share of each."""
    frames_each = 60 if at.station.tells_means or at.station.has_channels else 1
    share = dice.binomial(frames_each, dice.uniform(0.05, 0.4), at.minutes) / frames_each
    for column in frames.columns:
        column[at.span] = np.round(column[at.first] + share * at.station.frame_step_ugm3, 3)


def _zero(frames: Frames, at: Stretch, _: Dice) -> None:
    for column in frames.columns:
        column[at.span] *= 0.0


def _saturation(frames: Frames, at: Stretch, _: Dice) -> None:
    frames.pm25[at.span], frames.pm10[at.span] = 999.9, 1999.9


def _garbage(frames: Frames, at: Stretch, dice: Dice) -> None:
    """Two of five negative, two of five beyond any range, one of five anything."""
    for minute in _at_random(at, dice, every_min=30.0):
        draw = dice.random()
        for column in frames.columns:
            size = dice.uniform(0.0, 1000.0)
            value = -size if draw < 0.4 else 3000.0 + 62 * size if draw < 0.8 else size  # noqa: PLR2004
            column[minute] = round(value) + 0.0 * column[minute]  # what it never tells stays NaN


def _telegraph(frames: Frames, at: Stretch, dice: Dice) -> None:
    for minute in _at_random(at, dice, every_min=15.0):
        up = round(dice.uniform(50.0, 500.0))
        for column in frames.columns:
            column[minute] += up


def _order(frames: Frames, at: Stretch, dice: Dice) -> None:
    times = dice.uniform(1.5, 3.0)
    wrong = np.maximum(frames.pm25[at.span] * times, frames.pm10[at.span] + 1.0)
    frames.pm25[at.span] = stepped(at.station, wrong)


def _channels(frames: Frames, at: Stretch, dice: Dice) -> None:
    """One channel dead, or telling two to four times as much."""
    if frames.channel_a is None or frames.channel_b is None:
        return
    times = 0.0 if dice.random() < 0.4 else dice.uniform(2.0, 4.0)  # noqa: PLR2004
    frames.channel_a[at.span] = stepped(at.station, frames.channel_a[at.span] * times)
    frames.pm25[at.span] = (frames.channel_a[at.span] + frames.channel_b[at.span]) / 2


def _warm_up(frames: Frames, at: Stretch, dice: Dice) -> None:
    """Every hour some minutes of nothing, then one to three readings that are not yet true."""
    for cut in range(at.first, at.past - 15, 60):
        back = cut + int(dice.integers(3, 9))
        wrong = back + int(dice.integers(1, 4))
        times = 0.0 if dice.random() < 0.3 else dice.uniform(2.0, 5.0)  # noqa: PLR2004
        for column in frames.columns:
            column[cut:back] = np.nan
            column[back:wrong] = stepped(at.station, column[back:wrong] * times)


def _spider(frames: Frames, at: Stretch, dice: Dice) -> None:
    minute = at.first
    while minute < at.past:
        past = min(minute + int(dice.integers(1, 11)), at.past)
        up = np.round(np.exp(dice.uniform(np.log(50.0), np.log(1000.0), past - minute)))
        for column in frames.columns:
            column[minute:past] += up
        minute = past + int(dice.integers(1, 16))


def _offset(frames: Frames, at: Stretch, dice: Dice) -> None:
    up = round(dice.uniform(40.0, 150.0))
    for column in frames.columns:
        column[at.span] += up


def _drift(frames: Frames, at: Stretch, dice: Dice) -> None:
    up = dice.uniform(0.5, 1.5) / 60.0 * np.arange(at.minutes)
    for column in frames.columns:
        column[at.span] = stepped(at.station, column[at.span] + up)


def _dirty(frames: Frames, at: Stretch, _: Dice) -> None:
    for column in frames.columns:
        column[at.span] = stepped(at.station, 0.3 * column[at.span])


def _clock(frames: Frames, at: Stretch, _: Dice) -> None:
    for column in frames.columns:
        column[at.span] = column[at.first - 60 : at.past - 60].copy()


FAULTS: Final = {
    FaultKind.STUCK: FaultPlan(7, (2, 2, 5, 12, 24, 48), _stuck),
    FaultKind.FLICKER: FaultPlan(6, (2, 5, 12, 24), _flicker),
    FaultKind.ZERO: FaultPlan(5, (6, 12, 36), _zero),
    FaultKind.SATURATION: FaultPlan(4, (0.5, 4, 24), _saturation, needs="nova"),
    FaultKind.GARBAGE: FaultPlan(6, (12, 24), _garbage, whole=False),
    FaultKind.TELEGRAPH: FaultPlan(6, (6, 12), _telegraph, whole=False),
    FaultKind.ORDER: FaultPlan(5, (3, 12), _order),
    FaultKind.CHANNELS: FaultPlan(5, (6, 24), _channels, needs="channels"),
    FaultKind.WARM_UP: FaultPlan(5, (12, 24), _warm_up, whole=False),
    FaultKind.SPIDER: FaultPlan(5, (2, 6), _spider, whole=False),
    FaultKind.OFFSET: FaultPlan(4, (6, 24), _offset),
    FaultKind.DRIFT: FaultPlan(2, (72, 96), _drift, whole=False),
    FaultKind.DIRTY: FaultPlan(2, (48, 72), _dirty),
    FaultKind.CLOCK: FaultPlan(3, (24, 48), _clock),
}
"""Fog is not among them: it comes with the weather."""


def may_befall(kind: FaultKind, station: Station) -> bool:
    """Whether a station's sensor can have the fault at all."""
    needs = FAULTS[kind].needs
    return {"": True, "nova": station.is_nova, "channels": station.has_channels}[needs]


def fog_of(nova_growth: Floats, plantower_growth: Floats) -> Floats:
    """By how much more an SDS011 swells in moist air than what is taken for the truth."""
    return np.asarray(nova_growth / plantower_growth)


def _at_random(at: Stretch, dice: Dice, every_min: float) -> list[int]:
    """Single minutes, none beside another."""
    minutes, minute = [], at.first + 1
    while minute < at.past:
        minutes.append(minute)
        minute += 2 + int(dice.exponential(every_min))
    return minutes
