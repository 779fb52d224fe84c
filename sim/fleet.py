"""The fleet: gateways with their sensors, and the readings that each makes of an instant.

A scenario's gateways may be copied many times. Copies of a sensor stand in the same air and differ
by their gain and their noise, as units of one make do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from dust.readings import last_instant_ms
from dust.wire import WireReading, spooled_body
from sim.faults import CutOff, WrongClock, sums
from sim.physics import REFERENCE_MODELS
from sim.sensors import FaultyTeller, Workshop
from sim.time_line import sampling_instants
from sim.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.emission import Levels
    from sim.recordings import Recording
    from sim.scenario import Scenario, SensorPlan
    from sim.time_line import TimeLine

_DECIMALS = 3  # of a mean of frames


class Made(NamedTuple):
    """One reading: phenomenon time, body as a spool keeps it, and what a record of it needs."""

    t_ms: int
    body: bytes
    sensor: str
    pm25: float | None


class Source(NamedTuple):
    """One sensor of a gateway; a reference tells of the hour before the one that it speaks in."""

    teller: FaultyTeller
    is_hourly: bool


class Gateway:
    """One gateway: its sensors' readings, its clock, and when it is cut off."""

    def __init__(
        self,
        name: str,
        sources: Sequence[Source],
        interval_ms: int,
        clock: WrongClock,
        cut_off: CutOff,
    ) -> None:
        self.name = name
        self.sources = sources
        self.cut_off = cut_off
        self._interval_ms = interval_ms
        self._clock = clock

    def readings(self, instant_ms: int) -> Iterator[Made]:
        """The readings of the sampling interval around an instant; called in the order of time."""
        shown_ms = instant_ms + self._clock.by_ms(instant_ms)
        interval_end_ms = (shown_ms // self._interval_ms + 1) * self._interval_ms
        for teller, is_hourly in self.sources:
            sent = teller.emission(instant_ms)
            if sent is not None and sent.counted:
                end_ms = shown_ms // HOUR_MS * HOUR_MS if is_hourly else interval_end_ms
                yield _made(teller.id, last_instant_ms(end_ms), sent.counted)


class Fleet:
    """All gateways, and the instants at which they make readings."""

    def __init__(
        self,
        scenario: Scenario,
        recording: Recording,
        time_line: TimeLine,
        gateways: int | None = None,
    ) -> None:
        self._workshop = Workshop(scenario, recording, time_line)
        self._scenario = scenario
        self._start_ms = time_line.start_ms
        self._interval_ms = scenario.sampling_interval_s * 1000
        self.gateways = [self._gateway(*named) for named in self._names(gateways)]

    @property
    def sensors(self) -> int:
        return sum(len(gateway.sources) for gateway in self.gateways)

    def instants(self, hours: float) -> range:
        """When they make readings: the middle of every sampling interval for so many hours."""
        return sampling_instants(self._start_ms, hours, self._scenario.sampling_interval_s)

    def tallies(self) -> dict[str, dict[str, int]]:
        """Frames lost, added and held back, by kind of fault."""
        sources = [source for gateway in self.gateways for source in gateway.sources]
        return sums([fault for source in sources for fault in source.teller.faults.chain])

    def _names(self, gateways: int | None) -> Iterator[tuple[str, str]]:
        """(the scenario's gateway, ending of the copy): no ending where nothing is copied."""
        own = self._scenario.gateways
        if gateways is None:
            yield from ((gateway, "") for gateway in own)
            return
        for number in range(gateways):
            copy, which = divmod(number, len(own))
            yield own[which], f"-{copy + 1:04}"

    def _gateway(self, gateway: str, ending: str) -> Gateway:
        plans = [plan for plan in self._scenario.sensors if plan.gateway == gateway]
        faults = self._scenario.faults
        return Gateway(
            gateway + ending,
            [self._source(plan, plan.id + ending) for plan in plans],
            self._interval_ms,
            WrongClock(faults, self._start_ms, gateway),
            CutOff(faults, self._start_ms, gateway),
        )

    def _source(self, plan: SensorPlan, name: str) -> Source:
        return Source(self._workshop.teller(plan, name), plan.model in REFERENCE_MODELS)


def _made(sensor: str, t_ms: int, frames: Sequence[Levels]) -> Made:
    levels: Mapping[str, Any] = frames[0] if len(frames) == 1 else mean_levels(frames)
    reading = WireReading(seq=0, sensor=sensor, t=0, n=len(frames), **levels)
    return Made(t_ms, spooled_body(reading), sensor, levels.get("pm25"))


def mean_levels(frames: Sequence[Levels]) -> Levels:
    """The means of the frames of one interval; of directions, that of their vectors."""
    fields = dict.fromkeys(field for frame in frames for field in frame)
    return {
        field: _mean(field, [frame[field] for frame in frames if field in frame])
        for field in fields
    }


def _mean(field: str, values: Sequence[float]) -> float:
    if field != "wind_deg":
        return round(math.fsum(values) / len(values), _DECIMALS)
    east = math.fsum(math.sin(math.radians(value)) for value in values)
    north = math.fsum(math.cos(math.radians(value)) for value in values)
    return round(math.degrees(math.atan2(east, north)) % 360, _DECIMALS)
