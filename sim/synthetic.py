"""Synthetic sensors: the made world, seen by a model and told in its frames or its levels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic

from sim import frames
from sim.emission import Emission, Levels, Told
from sim.frames import metone
from sim.physics import REFERENCE_MODELS, Unit, hourly_mean, optics_of, seen
from sim.resolution import teller_of
from sim.world.local_time import HOUR_MS
from sim.world.place import Place
from sim.world.sky import Sky

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from sim.air import Air
    from sim.scenario import Scenario, SensorPlan

_LOCAL = timedelta(hours=7)


class World:
    """All places of a scenario, and how each make sees each of them; shared by all units."""

    def __init__(self, scenario: Scenario, start_ms: int) -> None:
        sky = Sky(scenario.sky, scenario.seed)
        self.places = {plan.id: Place(plan, sky, scenario.seed) for plan in scenario.stations}
        self._seed = scenario.seed
        self._start_ms = start_ms
        self._views: dict[tuple[str, str, bool], Callable[[int], Air | None]] = {}

    def view(self, plan: SensorPlan) -> Callable[[int], Air | None]:
        """What a model would show at the plan's station; None where it shows nothing new."""
        key = (plan.station, plan.model, plan.physics)
        if key not in self._views:
            self._views[key] = self._view(plan)
        return self._views[key]

    def unit(self, plan: SensorPlan, name: str) -> Unit | None:
        """The physical sensor of a plan; None where it adds nothing of its own."""
        if not plan.physics or plan.model in REFERENCE_MODELS:
            return None
        dirty_from_ms = self._start_ms + plan.dirty_inlet_from_h * HOUR_MS
        return Unit(self._seed, name, optics_of(plan.model).spread, dirty_from_ms)

    def _view(self, plan: SensorPlan) -> Callable[[int], Air | None]:
        truth = self.places[plan.station].air
        if plan.model in REFERENCE_MODELS:
            return HourlyView(truth).at
        if not plan.physics:
            return truth
        optics = optics_of(plan.model)
        return LastAnswer(lambda instant_ms: seen(optics, truth(instant_ms))).at


class LastAnswer:
    """Keeps the last answer for the other units of the same make."""

    def __init__(self, ask: Callable[[int], Air]) -> None:
        self._ask = ask
        self._instant_ms: int | None = None

    def at(self, instant_ms: int) -> Air:
        if instant_ms != self._instant_ms:
            self._answer = self._ask(instant_ms)
            self._instant_ms = instant_ms
        return self._answer


class HourlyView:
    """The mean of the hour before, shown at one instant of each hour: the first that is asked."""

    def __init__(self, truth: Callable[[int], Air]) -> None:
        self._truth = truth
        self._shown: tuple[int, int] | None = None  # the hour, and the instant that showed it

    def at(self, instant_ms: int) -> Air | None:
        hour = instant_ms // HOUR_MS
        if self._shown is None or self._shown[0] != hour:
            self._shown = (hour, instant_ms)
            self._mean = hourly_mean(self._truth, (hour - 1) * HOUR_MS)
        return self._mean if self._shown[1] == instant_ms else None


class SyntheticSensor(Generic[Told]):
    """One unit of a model at a place of the made world."""

    def __init__(
        self,
        sensor_id: str,
        view: Callable[[int], Air | None],
        unit: Unit | None,
        tell: Callable[[Air, int], Emission[Told]],
    ) -> None:
        self.id = sensor_id
        self._view = view
        self._unit = unit
        self._tell = tell

    def emission(self, instant_ms: int) -> Emission[Told] | None:
        air = self._view(instant_ms)
        if air is None:
            return None
        if self._unit is not None:
            air = self._unit.reads(air, instant_ms)
        return self._tell(air, instant_ms)


def framed(model: str, unit_id: int) -> Callable[[Air, int], Emission[str]]:
    """Tells in bytes, and for the sent record."""
    encode = frames.encoder_of(model, unit_id)

    def tell(air: Air, instant_ms: int) -> Emission[str]:
        encoded = (
            metone.bam1020(air, _hour_ending(instant_ms)) if model == "bam1020" else encode(air)
        )
        return Emission(encoded.data, (_record_text(encoded.levels),))

    return tell


def told(model: str) -> Callable[[Air, int], Emission[Levels]]:
    """Tells in levels alone."""
    levels = teller_of(model)
    return lambda air, _instant_ms: Emission(b"", (levels(air),))


def levels_of_text(text: str) -> Levels:
    """The levels of a frame from its `pm1,pm25,pm10`."""
    fields = zip(("pm1", "pm25", "pm10"), text.split(","), strict=True)
    return {field: float(level) for field, level in fields if level}


def _record_text(levels: dict[str, Decimal]) -> str:
    return ",".join(
        f"{levels[field]:f}" if field in levels else "" for field in ("pm1", "pm25", "pm10")
    )


def _hour_ending(instant_ms: int) -> str:
    moment = datetime.fromtimestamp(instant_ms // HOUR_MS * 3600, UTC) + _LOCAL
    return moment.strftime("%m/%d/%y %H:%M")
