"""The calendar of a set: what happens when and where, so that no two things meet at one station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.labelled.background import MINUTES_A_DAY
from sim.labelled.faults import FAULTS, may_befall
from sim.labelled.plumes import PLUMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.labelled.background import Background
    from sim.labelled.kinds import FaultKind, Kind, PlumeKind
    from sim.labelled.stations import Station

_FOUR_WEEKS_DAYS = 28
_GUARD_MIN: Final = 90  # between two things at one station, and before the first
_TRIES = 300
_MOIST_RH = 85.0
_LONGEST_SHARE = 1 / 3  # of the set that one fault may last
_LAG_MIN: Final = (4, 15)  # between the stations that one plume reaches


class Event(NamedTuple):
    """Something that happens to stations (by number), each from its own minute on."""

    kind: Kind
    minutes: int
    at: tuple[tuple[int, int], ...]


class Calendar:
    """Keeps what is taken, and finds room for more."""

    def __init__(
        self, air: Background, stations: Sequence[Station], dice: np.random.Generator
    ) -> None:
        self._air = air
        self._stations = stations
        self._dice = dice
        self._taken = np.zeros((len(stations), air.rh.size), dtype=bool)

    def take(self, station: int, minutes: NDArray[np.bool_]) -> None:
        self._taken[station] |= minutes

    def fill(self) -> list[Event]:
        """All faults, then all plumes, as many as the days ask for: the longest first."""
        days = self._air.rh.size / MINUTES_A_DAY
        faults = [
            (kind, hours)
            for kind, plan in FAULTS.items()
            for hours in _lengths(plan.hours, _number(plan.episodes, days), days)
        ]
        faults.sort(key=lambda fault: -fault[1])
        events = [self._fault(kind, round(hours * 60)) for kind, hours in faults]
        for kind, plan in PLUMES.items():
            events += [self._plume(kind) for _ in range(_number(plan.episodes, days))]
        return [event for event in events if event is not None]

    def _fault(self, kind: FaultKind, minutes: int) -> Event | None:
        able = [n for n, station in enumerate(self._stations) if may_befall(kind, station)]
        for _ in range(_TRIES):
            first = int(self._dice.integers(_GUARD_MIN, max(self._air.rh.size - minutes, 91)))
            at = ((int(self._dice.choice(able)), first),)
            if self._is_free(at, minutes):
                return self._put(Event(kind, minutes, at))
        return None

    def _plume(self, kind: PlumeKind) -> Event | None:
        plan = PLUMES[kind]
        minutes = round(60 * self._dice.uniform(*plan.hours))
        for _ in range(_TRIES):
            first = self._begin(plan.begins)
            at = self._places(first, int(self._dice.integers(*_through(plan.stations))), kind)
            if self._is_free(at, minutes) and not (plan.moist and self._is_dry(first, minutes)):
                return self._put(Event(kind, minutes, at))
        return None

    def _begin(self, between_h: tuple[float, float]) -> int:
        day = int(self._dice.integers(self._air.rh.size // MINUTES_A_DAY))
        return day * MINUTES_A_DAY + round(60 * self._dice.uniform(*between_h))

    def _places(self, first: int, count: int, kind: PlumeKind) -> tuple[tuple[int, int], ...]:
        able = [n for n, s in enumerate(self._stations) if not (s.is_nova and PLUMES[kind].moist)]
        chosen = self._dice.choice(able, size=count, replace=False)
        lags = np.cumsum([0, *self._dice.integers(*_LAG_MIN, size=count - 1)])
        return tuple((int(n), first + int(lag)) for n, lag in zip(chosen, lags, strict=True))

    def _is_dry(self, first: int, minutes: int) -> bool:
        return bool(self._air.rh[first : first + minutes].min() < _MOIST_RH)

    def _is_free(self, at: Sequence[tuple[int, int]], minutes: int) -> bool:
        return all(
            first >= _GUARD_MIN
            and first + minutes <= self._air.rh.size
            and not self._taken[n, first - _GUARD_MIN : first + minutes + _GUARD_MIN].any()
            for n, first in at
        )

    def _put(self, event: Event) -> Event:
        for n, first in event.at:
            self._taken[n, first : first + event.minutes] = True
        return event


def _number(in_four_weeks: int, days: float) -> int:
    return max(1, round(in_four_weeks * days / _FOUR_WEEKS_DAYS))


def _lengths(hours: Sequence[float], count: int, days: float) -> list[float]:
    """So many lengths, in turn, none over a third of the set."""
    longest = 24 * days * _LONGEST_SHARE
    return [min(hours[number % len(hours)], longest) for number in range(count)]


def _through(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] + 1
