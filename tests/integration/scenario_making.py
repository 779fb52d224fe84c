"""Scenarios by chance: the same seed makes the same one.

Five sensors measure all the time, whether they stand somewhere or not. Their days are dusty around
the limits, so that little changes decide; hours are missing, some values are negative, and a part
of the readings comes late, twice, and in any order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from integration.networks import INTERVAL_S
from integration.scenario_events import Arrival, Correcting, Placement, Ruling, Withdrawing
from integration.scenario_models import models, sensors

from sim.oracle import (
    THE_USUAL_RULES,
    Correction,
    Deployment,
    Limit,
    RuleSet,
    Stored,
    World,
    day_start_ms,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration.scenario_events import Event

NOW = datetime(2024, 3, 10, tzinfo=UTC)
BEFORE_ALL_MS = round(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000
STRICT_RULES = RuleSet("complete-24h", Fraction(3, 4), 24, Fraction(3, 4))
LIMITS = (
    Limit("pm25", Decimal("37.5"), 1, date(2023, 6, 1), identifier="th-pm25-24h-2023"),
    Limit("pm10", Decimal(120), 0, date(2004, 1, 1), identifier="th-pm10-24h-2004"),
)
FIRST_DAYS = (date(2023, 12, 30), date(2024, 1, 30))
"""A month, and once a year, turns soon after."""

WHOSE: Final[Sequence[dict[str, str]]] = (
    {"sensor": "pms-v1"},
    {"sensor": "pms-v2"},
    {"model": "pms5003"},
    {"sensor": "bam-ref"},
)
HUMID_FORMULAS: Final = ("epa_2021", "epa_2022", "nilson_2022", "kappa_koehler")

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where it begins, and what happens; after each step everything must agree."""

    seed: int
    world: World
    steps: tuple[tuple[Event, ...], ...]


def scenario(seed: int, n_days: int, interval_s: int = INTERVAL_S) -> Scenario:
    """Readings of so many local days, each standing for the interval."""
    return _Maker(seed, n_days, interval_s).scenario()


class _Maker:
    def __init__(self, seed: int, n_days: int, interval_s: int) -> None:
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311  (scenarios, not secrets)
        first = self._chance.choice(FIRST_DAYS)
        self._start_ms = day_start_ms(first)
        self._end_ms = day_start_ms(first + timedelta(days=n_days))
        self._models = models()
        self._sensors = sensors(interval_s)
        self._seq = 0
        self._corrections = 0
        self._everything: list[Stored] = []
        self._deployments: list[Deployment] = []

    def scenario(self) -> Scenario:
        self._deployments = [
            Deployment("bam-ref", "ref", BEFORE_ALL_MS),
            Deployment("pms-v1", "v1", BEFORE_ALL_MS),
            Deployment("pms-v2", "v2", BEFORE_ALL_MS),
            Deployment("archive", "pcd", BEFORE_ALL_MS),
        ]
        world = World(self._models, self._sensors, tuple(self._deployments), limits=LIMITS)
        arrivals = self._arrivals()
        placements = [self._swap(), self._move(), self._restriction()]
        others = [*arrivals[1:], self._revision(), *placements, *self._rulings()]
        others += self._correctings()
        steps = [arrivals[:1], *self._in_any_order(others)]
        return Scenario(self._seed, world, tuple(map(tuple, steps)))

    # --- Readings ---------------------------------------------------------------------------------
    def _arrivals(self) -> list[Event]:
        """What comes at once, what comes late, what comes again."""
        self._everything = [each for sensor in self._sensors for each in self._measured(sensor)]
        portions: list[list[Stored]] = [[], [], []]
        late_hours: dict[tuple[str, int], int] = {}
        for reading in self._everything:
            hour = reading.sensor, reading.t_ms // _HOUR_MS
            if hour not in late_hours:
                late_hours[hour] = self._chance.choices((0, 1, 2), (16, 1, 1))[0]
            portion = late_hours[hour] or self._chance.choices((0, 1, 2), (60, 1, 1))[0]
            portions[portion].append(reading)
        again = self._chance.sample(portions[0], len(portions[0]) // 10)
        return [
            Arrival("readings", self._shuffled(portions[0])),
            Arrival("late readings", self._shuffled(portions[1]), self._chance.randint(1, 300)),
            Arrival("readings again", self._shuffled(again)),
            Arrival("more late readings, some again", self._shuffled(portions[2] + again[:50])),
        ]

    def _shuffled(self, readings: Sequence[Stored]) -> tuple[Stored, ...]:
        """Out of order, by a little or altogether."""
        if self._chance.random() < 0.5:
            return tuple(sorted(readings, key=lambda each: each.t_ms + self._chance.gauss(0, 3e6)))
        return tuple(self._chance.sample(readings, len(readings)))

    def _measured(self, sensor: str) -> list[Stored]:
        """All that a sensor says. Each day is dusty and lossy in its way; at times it is stuck."""
        found: list[Stored] = []
        stuck_until_ms, stuck_at = 0, 0
        dusty, lossy = 0, 0.0
        for hour_ms in range(self._start_ms, self._end_ms, _HOUR_MS):
            if (hour_ms - self._start_ms) % (24 * _HOUR_MS) == 0:
                dusty = self._chance.choice((15, 36, 37, 38, 40, 60))
                lossy = self._chance.choice((0, 0.05, 0.3))
            if self._chance.random() < 0.01:
                stuck_until_ms = hour_ms + self._chance.randint(1, 30) * _HOUR_MS
                stuck_at = self._chance.choice((0, 0, 20, 50, 985))
                lossy = 0
            is_stuck = hour_ms < stuck_until_ms
            if self._chance.random() >= lossy:
                level = stuck_at if is_stuck else max(0, self._chance.gauss(dusty, 6))
                found += self._hour(sensor, hour_ms, level, stuck=is_stuck)
        return found

    def _hour(self, sensor: str, hour_ms: int, level: float, *, stuck: bool) -> list[Stored]:
        interval_s = self._sensors[sensor].interval_s
        n_possible = 3600 // interval_s
        n = min(n_possible, self._chance.choices((4, 3, 2, 1), (40, 6, 2, 1))[0])
        if stuck and self._chance.random() < 0.9:
            n = n_possible
        parts = sorted(self._chance.sample(range(n_possible), n))
        noise = 0 if stuck else 3
        spoilt = 0 if stuck or self._chance.random() < 0.97 else 0.6
        return [
            self._reading(
                sensor, hour_ms + (part + 1) * interval_s * 1000 - 1, level, (noise, spoilt)
            )
            for part in parts
        ]

    def _reading(
        self, sensor: str, t_ms: int, level: float, chances: tuple[float, float]
    ) -> Stored:
        """A little around the level; some are negative."""
        noise, spoilt = chances
        self._seq += 1
        pm25 = max(0, self._chance.gauss(level, noise))
        pm10 = max(pm25, self._chance.gauss(3.2 * level, 3 * noise))
        if self._chance.random() < spoilt:
            pm25 = -self._chance.uniform(0.1, 20)
        return Stored(
            sensor,
            t_ms,
            self._seq,
            pm1=_tenths(pm25 * 0.7)
            if "pm1" in self._models[self._sensors[sensor].model].pollutants
            else None,
            pm25=None if noise and self._chance.random() < 0.01 else _tenths(pm25),
            pm10=None if noise and self._chance.random() < 0.01 else _tenths(pm10),
            rh=None if self._chance.random() < 0.05 else _tenths(self._chance.uniform(20, 99)),
        )

    def _revision(self) -> Event:
        """The archive publishes some of its hours anew: another level, or none any more."""
        hours = [each for each in self._everything if each.sensor == "archive"]
        chosen = self._chance.sample(hours, min(len(hours), self._chance.randint(3, 30)))
        anew = []
        for hour in chosen * 2 if self._chance.random() < 0.3 else chosen:
            self._seq += 1
            pm25 = None if self._chance.random() < 0.1 else self._chance.gauss(40, 8)
            anew.append(
                hour._replace(seq=self._seq, pm25=None if pm25 is None else _tenths(max(0, pm25)))
            )
        return Arrival("hours of the archive published anew", self._shuffled(anew))

    # --- The network ------------------------------------------------------------------------------
    def _instant_ms(self) -> int:
        """Somewhere inside the scenario, seldom on the hour."""
        at_ms = self._chance.randrange(self._start_ms, self._end_ms)
        return at_ms // _HOUR_MS * _HOUR_MS if self._chance.random() < 0.2 else at_ms

    def _swap(self) -> Event:
        """Another sensor tells of the first village."""
        return self._ended("pms-v1", "a sensor swapped", Deployment("pms-spare", "v1"))

    def _move(self) -> Event:
        """The second village's sensor goes to the third."""
        return self._ended("pms-v2", "a sensor moved", Deployment("pms-v2", "v3"))

    def _restriction(self) -> Event:
        """The archive tells of one pollutant only, as if it always had."""
        told = frozenset({self._chance.choice(("pm25", "pm10"))})
        self._deployments = [
            each._replace(reports=told) if each.sensor == "archive" else each
            for each in self._deployments
        ]
        return Placement("the archive restricted", tuple(self._deployments))

    def _ended(self, sensor: str, what: str, then: Deployment) -> Event:
        at_ms = self._instant_ms()
        self._deployments = [
            each._replace(to_ms=at_ms) if each.sensor == sensor else each
            for each in self._deployments
        ]
        self._deployments.append(then._replace(from_ms=at_ms))
        return Placement(what, tuple(self._deployments))

    def _rulings(self) -> list[Event]:
        return [Ruling("stricter rules", STRICT_RULES), Ruling("usual rules", THE_USUAL_RULES)]

    # --- Corrections ------------------------------------------------------------------------------
    def _correctings(self) -> list[Event]:
        events: list[Event] = [self._correcting() for _ in range(self._chance.randint(1, 3))]
        withdrawn = self._chance.sample(
            range(1, len(events) + 1), self._chance.randint(0, 2) % len(events)
        )
        return [*events, *(Withdrawing(f"correction {each} withdrawn", each) for each in withdrawn)]

    def _correcting(self) -> Event:
        self._corrections += 1
        from_ms = self._instant_ms()
        pollutant, formula, coefficients = self._formula()
        row = Correction(
            self._corrections,
            pollutant,
            formula,
            coefficients,
            from_ms,
            self._chance.choice((None, from_ms + self._chance.randint(1, 60) * _HOUR_MS)),
            claim_class=self._chance.choice((None, "indicative")),
            **self._chance.choice(WHOSE),
        )
        return Correcting(f"correction {row.correction_id}", row)

    def _formula(self) -> tuple[str, str, dict[str, Decimal]]:
        """What is corrected, how, and with which coefficients."""
        formula = self._chance.choice(("linear", "linear", "linear", *HUMID_FORMULAS))
        if formula == "kappa_koehler":
            return "pm25", formula, {"kappa": Decimal(self._chance.randint(0, 50)) / 100}
        if formula != "linear":
            return "pm25", formula, {}
        coefficients = {
            "slope": Decimal(self._chance.randint(50, 130)) / 100,
            "intercept": Decimal(self._chance.randint(-40, 40)) / 10,
        }
        return self._chance.choice(("pm25", "pm25", "pm10")), formula, coefficients

    # --- Order ------------------------------------------------------------------------------------
    def _in_any_order(self, events: Sequence[Event]) -> list[list[Event]]:
        """One event a step, or two; those of one kind stay in their order."""
        order = [self._kind(event) for event in events]
        self._chance.shuffle(order)
        waiting = {kind: [each for each in events if self._kind(each) == kind] for kind in order}
        steps: list[list[Event]] = []
        for kind in order:
            event = waiting[kind].pop(0)
            if steps and len(steps[-1]) == 1 and self._chance.random() < 0.2:
                steps[-1].append(event)
            else:
                steps.append([event])
        return steps

    @staticmethod
    def _kind(event: Event) -> str:
        is_of_corrections = isinstance(event, Correcting | Withdrawing)
        return "correction" if is_of_corrections else type(event).__name__


def _tenths(value: float) -> Decimal:
    return Decimal(round(value * 10)) / 10
