"""Simulated sensors: the bytes that each sends at an instant, and which of them must count."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sim import frames
from sim.recordings import CapturedItem, Recording, read_captured
from sim.signals import RecordedSignal, Steps, wobble
from sim.time_line import HOUR_MS, TimeLine

if TYPE_CHECKING:
    from sim.scenario import Scenario, SensorPlan

_LONGEST_NOISE = 40
_STEPS_PER_UGM3 = {"pms5003": 1, "sds011": 10}


class Emission(NamedTuple):
    """Bytes for the port, and `pm1,pm25,pm10` of each frame in them that must count."""

    data: bytes
    counted: tuple[str, ...]


class Sensor(Protocol):
    """Sends bytes when asked at growing instants; None while it is silent."""

    id: str

    def emission(self, instant_ms: int) -> Emission | None: ...


Encoder = Callable[[Steps], Emission]


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

    def emission(self, instant_ms: int) -> Emission | None:
        hour, within_ms = divmod(instant_ms - self._start_ms, HOUR_MS)
        if hour != self._hour:
            self._begin_hour(hour)
        if self._silent:
            return None
        emission = self._encode(self._signal.at(within_ms // 1000))
        self._frames += 1
        if self._noise_every and self._frames % self._noise_every == 0:
            return Emission(self._noise() + emission.data, emission.counted)
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

    def emission(self, instant_ms: int) -> Emission | None:  # noqa: ARG002  (same at any instant)
        return next(self._turn)


def sensors(scenario: Scenario, recording: Recording, time_line: TimeLine) -> list[Sensor]:
    """The sensors of a scenario, ready for the first instant of the time line."""
    return [_sensor(plan, scenario.seed, recording, time_line) for plan in scenario.sensors]


def encoder(plan: SensorPlan) -> Encoder:
    """The frames of a model; levels come back again and again, so each frame is made once."""
    if plan.model == "pms5003":
        return lru_cache(maxsize=8192)(_pms5003_emission)
    device_id = zlib.crc32(plan.id.encode()) & 0xFFFF
    return lru_cache(maxsize=8192)(partial(_sds011_emission, device_id))


def _sensor(plan: SensorPlan, seed: int, recording: Recording, time_line: TimeLine) -> Sensor:
    if plan.signal == "captured":
        return CapturedSensor(plan.id, read_captured(plan.model))
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


def _pms5003_emission(steps: Steps) -> Emission:
    return Emission(frames.pms5003_frame(*steps), (f"{steps.pm1},{steps.pm25},{steps.pm10}",))


def _sds011_emission(device_id: int, steps: Steps) -> Emission:
    data = frames.sds011_frame(steps.pm25, steps.pm10, device_id)
    return Emission(data, (f",{_tenths(steps.pm25)},{_tenths(steps.pm10)}",))


def _tenths(steps: int) -> str:
    return f"{steps // 10}.{steps % 10}"
