"""A labelled set: for every station and minute what was told, what was true, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.labelled.background import background_of, local_share
from sim.labelled.calendar import Calendar, Event
from sim.labelled.faults import FAULTS, Stretch, fog_of
from sim.labelled.frames import Air, Frames, coarse_per_fine, told, truth_of
from sim.labelled.kinds import FaultKind, Kind, Label, PlumeKind
from sim.labelled.plumes import PLUMES, noise_share
from sim.labelled.stations import Station, stations_of
from sim.world.dice import key_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.labelled.background import Floats

_LOWEST_DAYS = 4
_PLUME_UGM3, _PLUME_SHARE = 10.0, 0.25  # above it and above so much of the background: a plume
_TRACE_UGM3 = 2.0  # a plume's edge between this and a plume is not scored
_WRONG_UGM3, _WRONG_SHARE = 10.0, 0.30  # off by both: a faulty value, where not all of a fault are
_OFF_UGM3, _OFF_SHARE = 3.0, 0.10  # off by less than either: clean
_FOG_FROM = 1.2  # times the truth
_RH_NOISE, _RH_MOST = 1.0, 99.0  # % RH; a cheap probe stops at 99


class Episode(NamedTuple):
    """One kind of plume or fault at one station, from a minute to just before another."""

    kind: Kind
    station: int
    first: int
    past: int


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Arrays of `shape` (stations, minutes); `episode` is a number in `episodes`, -1 for none.

    `truth_ugm3` is PM2.5 as a healthy sensor of the make would tell it without noise.
    """

    seed: int
    stations: tuple[Station, ...]
    times_ms: NDArray[np.int64]
    frames: tuple[Frames, ...]
    rh: Floats
    truth_ugm3: Floats
    label: NDArray[np.int8]
    episode: NDArray[np.int32]
    episodes: tuple[Episode, ...]

    @property
    def pm25(self) -> Floats:
        return np.array([frames.pm25 for frames in self.frames])


def labelled_set(seed: int, days: int) -> LabelledSet:
    """The set of a seed; the same seed and days give the same set."""
    return _Maker(seed, max(days, _LOWEST_DAYS)).made()


class _Maker:
    """Makes a set station by station; holds what they share."""

    def __init__(self, seed: int, days: int) -> None:
        self._seed = seed
        self._dice = np.random.default_rng(key_of(seed, "labelled"))
        self._air = background_of(seed, days)
        self._stations = stations_of(seed)
        self._fog = fog_of(self._air.nova_growth, self._air.plantower_growth)
        shape = (len(self._stations), self._air.rh.size)
        self._label = np.zeros(shape, dtype=np.int8)
        self._episode = np.full(shape, -1, dtype=np.int32)
        self._episodes: list[Episode] = []

    def made(self) -> LabelledSet:
        air = [self._local_air(station) for station in self._stations]
        events = self._calendar().fill()
        for event in events:
            if isinstance(event.kind, PlumeKind):
                self._add_plume(event, event.kind, air)
        truths = [truth_of(*pair) for pair in zip(self._stations, air, strict=True)]
        frames = [self._told(number, air[number]) for number in range(len(self._stations))]
        self._label_fog(truths)
        for event in events:
            if isinstance(event.kind, FaultKind):
                self._spoil(event, event.kind, frames)
        return self._set(frames, np.array(truths))

    def _set(self, frames: list[Frames], truths: Floats) -> LabelledSet:
        noise = self._dice.standard_normal(truths.shape) * _RH_NOISE
        moist = np.clip(self._air.rh + noise, 0.0, _RH_MOST)
        rh = np.asarray(np.round(moist, 1), dtype=np.float64)
        return LabelledSet(
            self._seed,
            self._stations,
            self._air.times_ms,
            tuple(frames),
            rh,
            truths,
            self._label,
            self._episode,
            tuple(self._episodes),
        )

    def _local_air(self, station: Station) -> Air:
        shared = self._air
        share = local_share(station, shared.rh.size, self._dice)
        even = np.ones(shared.rh.size)
        return Air(
            shared.fine_ugm3 * share, shared.coarse_ugm3 * share, shared.plantower_growth, even
        )

    def _calendar(self) -> Calendar:
        """With the fog of the SDS011 taken, so that no plume and no other fault falls into it."""
        calendar = Calendar(self._air, self._stations, self._dice)
        for number, station in enumerate(self._stations):
            if station.is_nova:
                calendar.take(number, self._fog > _FOG_FROM)
        return calendar

    def _add_plume(self, event: Event, kind: PlumeKind, air: list[Air]) -> None:
        plan, share = PLUMES[kind], 1.0
        for number, first in event.at:
            span = slice(first, first + event.minutes)
            here, growth = air[number], air[number].growth[span]
            under = here.fine_ugm3[span] * growth
            added = share * plan.shape(self._dice, under)
            self._label_plume(Episode(kind, number, first, span.stop), added, under)
            here.fine_ugm3[span] += added / growth
            if plan.is_mineral:
                here.coarse_ugm3[span] += added * coarse_per_fine(self._stations[number].optics)
            here.noise_scale[span] = noise_share(kind, self._dice)
            share *= plan.others

    def _label_plume(self, episode: Episode, added: Floats, under: Floats) -> None:
        is_plume = (added >= _PLUME_UGM3) & (added >= _PLUME_SHARE * under)
        label = np.where(is_plume, Label.PLUME, Label.UNSURE)
        self._mark(episode, np.where(added < _TRACE_UGM3, Label.CLEAN, label))

    def _told(self, number: int, air: Air) -> Frames:
        station = self._stations[number]
        swollen = self._fog if station.is_nova else np.ones(self._air.rh.size)
        return told(station, air, swollen, self._dice)

    def _label_fog(self, truths: list[Floats]) -> None:
        """An episode for each station and each stretch of fog; thin fog is not scored."""
        for number, station in enumerate(self._stations):
            if not station.is_nova:
                continue
            for first, past in _runs(self._fog > _FOG_FROM):
                truth, fog = truths[number][first:past], self._fog[first:past]
                label = _by_error(truth * fog, truth)
                self._mark(Episode(FaultKind.FOG, number, first, past), label)

    def _spoil(self, event: Event, kind: FaultKind, frames: list[Frames]) -> None:
        ((number, first),) = event.at
        at = Stretch(self._stations[number], first, first + event.minutes)
        healthy = frames[number].pm25[at.span].copy()
        FAULTS[kind].spoil(frames[number], at, self._dice)
        spoilt = frames[number].pm25[at.span]
        whole = np.full(at.minutes, Label.FAULT)
        label = whole if FAULTS[kind].whole else _by_error(spoilt, healthy)
        label = np.where(np.isnan(spoilt), Label.UNSURE, label)
        self._mark(Episode(kind, number, first, at.past), label)

    def _mark(self, episode: Episode, label: NDArray[np.int_]) -> None:
        span = slice(episode.first, episode.past)
        self._label[episode.station, span] = label
        self._episode[episode.station, span] = len(self._episodes)
        self._episodes.append(episode)


def _by_error(spoilt: Floats, healthy: Floats) -> NDArray[np.int_]:
    """Faulty where far off, clean where next to nothing is off, not scored between."""
    off = np.abs(spoilt - healthy)
    is_wrong = (off >= _WRONG_UGM3) & (off >= _WRONG_SHARE * healthy)
    is_clean = (off <= _OFF_UGM3) | (off <= _OFF_SHARE * healthy)
    return np.where(is_wrong, Label.FAULT, np.where(is_clean, Label.CLEAN, Label.UNSURE))


def _runs(minutes: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, past) of each stretch that is True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], minutes, [False])).astype(np.int8)))
    return [(int(first), int(past)) for first, past in edges.reshape(-1, 2)]
