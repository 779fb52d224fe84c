"""Simulated sensors: the bytes that each sends at an instant, and which of them must count."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from itertools import cycle
from typing import TYPE_CHECKING, Protocol

from sim import frames
from sim.emission import Emission, Levels, Told
from sim.faults import Faults, may_befall, sensor_faults
from sim.recordings import CapturedItem, Recording, read_captured
from sim.signals import RecordedSignal, Steps, wobble
from sim.synthetic import SyntheticSensor, World, framed, levels_of_text, told
from sim.time_line import HOUR_MS, TimeLine

if TYPE_CHECKING:
    from sim.scenario import Scenario, SensorPlan

_LONGEST_NOISE = 40
_STEPS_PER_UGM3 = {"pms5003": 1, "sds011": 10}


class Sensor(Protocol):
    """Sends bytes when asked at growing instants; None while it is silent."""

    id: str

    def emission(self, instant_ms: int) -> Emission[str] | None: ...


class Teller(Protocol):
    """The same in levels, without bytes."""

    id: str

    def emission(self, instant_ms: int) -> Emission[Levels] | None: ...


Encoder = Callable[[Steps], Emission[str]]


class RecordedSensor:
    """Plays the hours of a recording."""

    def __init__(
        self,
        plan: SensorPlan,
        signal: RecordedSignal,
        level_of_hour: Callable[[int], float | None],
        start_ms: int,
        noise: Callable[[], bytes],
    ) -> None:
        self.id = plan.id
        self._encode = encoder(plan)
        self._signal = signal
        self._level_of_hour = level_of_hour
        self._start_ms = start_ms
        self._noise = noise
        self._noise_every = plan.noise_every
        self._frames = 0
        self._hour = -1
        self._silent = True

    def emission(self, instant_ms: int) -> Emission[str] | None:
        hour, within_ms = divmod(instant_ms - self._start_ms, HOUR_MS)
        if hour != self._hour:
            self._begin_hour(hour)
        if self._silent:
            return None
        emission = self._encode(self._signal.at(within_ms // 1000))
        self._frames += 1
        if self._noise_every and self._frames % self._noise_every == 0:
            return emission.after(self._noise())
        return emission

    def _begin_hour(self, hour: int) -> None:
        level_ugm3 = self._level_of_hour(hour)
        self._hour = hour
        self._silent = level_ugm3 is None
        self._signal.begin_hour(level_ugm3 or 0.0)


class CapturedSensor:
    """Sends captured items in turn, one at each instant, for ever."""

    def __init__(self, sensor_id: str, items: Iterable[CapturedItem]) -> None:
        self.id = sensor_id
        self._turn = cycle([Emission(item.data, item.counted) for item in items])

    def emission(self, instant_ms: int) -> Emission[str] | None:  # noqa: ARG002  (same at any instant)
        return next(self._turn)


class FaultySensor:
    """A sensor behind the faults that befall it."""

    def __init__(self, sensor: Sensor, faults: Faults[str]) -> None:
        self.id = sensor.id
        self.faults = faults
        self._sensor = sensor

    def emission(self, instant_ms: int) -> Emission[str] | None:
        return self.faults.pass_on(instant_ms, self._sensor.emission(instant_ms))


class FaultyTeller:
    """The same in levels."""

    def __init__(self, teller: Teller, faults: Faults[Levels]) -> None:
        self.id = teller.id
        self.faults = faults
        self._teller = teller

    def emission(self, instant_ms: int) -> Emission[Levels] | None:
        return self.faults.pass_on(instant_ms, self._teller.emission(instant_ms))


class ToldSensor:
    """A sensor that only knows bytes, told in levels."""

    def __init__(self, sensor: Sensor, name: str) -> None:
        self.id = name
        self._sensor = sensor

    def emission(self, instant_ms: int) -> Emission[Levels] | None:
        sent = self._sensor.emission(instant_ms)
        if sent is None:
            return None
        return Emission(sent.data, tuple(map(levels_of_text, sent.counted)))


class Workshop:
    """Makes the sensors of a scenario, ready for the first instant of the time line."""

    def __init__(self, scenario: Scenario, recording: Recording, time_line: TimeLine) -> None:
        self._scenario = scenario
        self._recording = recording
        self._time_line = time_line
        self._world = World(scenario, time_line.start_ms)

    def sensor(self, plan: SensorPlan) -> Sensor:
        """One that sends bytes, behind its faults."""
        sensor = self._flawless(plan)
        faults: Faults[str] = self._faults(plan, plan.id)
        return FaultySensor(sensor, faults) if faults.chain else sensor

    def teller(self, plan: SensorPlan, name: str) -> FaultyTeller:
        """One that tells levels, behind its faults; `name` is its own, its plan may serve many."""
        faults: Faults[Levels] = self._faults(plan, name)
        if plan.signal != "synthetic":
            return FaultyTeller(ToldSensor(self._flawless(plan), name), faults)
        view, unit = self._world.view(plan), self._world.unit(plan, name)
        return FaultyTeller(SyntheticSensor(name, view, unit, told(plan.model)), faults)

    def _flawless(self, plan: SensorPlan) -> Sensor:
        if plan.signal == "captured":
            return CapturedSensor(plan.id, read_captured(plan.model))
        if plan.signal == "synthetic":
            view, unit = self._world.view(plan), self._world.unit(plan, plan.id)
            return SyntheticSensor(plan.id, view, unit, framed(plan.model, plan.unit_id))
        return _recorded(plan, self._scenario.seed, self._recording, self._time_line)

    def _faults(self, plan: SensorPlan, name: str) -> Faults[Told]:
        scenario, start_ms = self._scenario, self._time_line.start_ms
        faults = [fault for fault in scenario.faults if may_befall(fault.kind, plan)]
        place = (plan.id, plan.gateway)
        return sensor_faults(faults, scenario.seed, start_ms, place, name)


def sensors(scenario: Scenario, recording: Recording, time_line: TimeLine) -> list[Sensor]:
    """The sensors of a scenario, ready for the first instant of the time line."""
    workshop = Workshop(scenario, recording, time_line)
    return [workshop.sensor(plan) for plan in scenario.sensors]


def encoder(plan: SensorPlan) -> Encoder:
    """The frames of a model; levels come back again and again, so each frame is made once."""
    if plan.model == "pms5003":
        return lru_cache(maxsize=8192)(_pms5003_emission)
    device_id = zlib.crc32(plan.id.encode()) & 0xFFFF
    return lru_cache(maxsize=8192)(partial(_sds011_emission, device_id))


def _recorded(
    plan: SensorPlan, seed: int, recording: Recording, time_line: TimeLine
) -> RecordedSensor:
    signal = RecordedSignal(
        wobble(seed, plan.id),
        pm10_ratio=plan.pm10_ratio,
        steps_per_ugm3=_STEPS_PER_UGM3[plan.model],
    )
    level_of_hour = _level_of_hour(plan, recording, time_line.first_row)
    return RecordedSensor(plan, signal, level_of_hour, time_line.start_ms, _noise(seed, plan.id))


def _level_of_hour(
    plan: SensorPlan, recording: Recording, first_row: int
) -> Callable[[int], float | None]:
    levels = recording.levels_ugm3(plan.column)

    def level_of_hour(hour: int) -> float | None:
        level = levels[recording.row(first_row + hour)]
        return None if level is None else level * plan.gain

    return level_of_hour


def _noise(seed: int, sensor_id: str) -> Callable[[], bytes]:
    dice = random.Random(f"{seed}/{sensor_id}/noise")  # noqa: S311  (repeatable, nothing secret)
    return lambda: dice.randbytes(dice.randint(1, _LONGEST_NOISE))


def _pms5003_emission(steps: Steps) -> Emission[str]:
    return Emission(frames.pms5003_frame(*steps), (f"{steps.pm1},{steps.pm25},{steps.pm10}",))


def _sds011_emission(device_id: int, steps: Steps) -> Emission[str]:
    data = frames.sds011_frame(steps.pm25, steps.pm10, device_id)
    return Emission(data, (f",{_tenths(steps.pm25)},{_tenths(steps.pm10)}",))


def _tenths(steps: int) -> str:
    return f"{steps // 10}.{steps % 10}"
