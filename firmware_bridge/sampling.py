"""Frames of one sampling interval made into one reading.

Intervals are aligned to the clock, [k x interval, (k + 1) x interval); the reading bears the last
millisecond of its interval. A clock that jumps closes the interval: nothing is re-ordered.
Wind speed is the mean of the speeds, wind direction that of the mean vector.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dust.readings import last_instant_ms
from dust.wire import WireReading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_bridge.sensors.base import Decoded, SensorModel

_DECIMALS: Final = 3
"""Of a reading's mean; a thousandth of a µg/m³ is far below what any of these sensors resolves."""
SMALL_STEP_MS: Final = 1000
"""A clock that is set back by less is no jump: its interval goes on."""
_STILL_MPS: Final = 0.001
"""A mean wind vector shorter than this has no direction: opposite winds cancel out."""


class Sampler:
    """The open sampling interval of one sensor."""

    def __init__(self, sensor: str, model: SensorModel, interval_ms: int) -> None:
        self._sensor = sensor
        self._interval_ms = interval_ms
        self._values = model.values
        self._weather = model.weather
        self._extras = model.extras
        self._frames: list[Decoded] = []
        self._start_ms = 0
        self._newest_ms = 0

    def add(self, instant_ms: int, decoded: Decoded) -> list[WireReading]:
        """Take a data frame; returns the reading that it closes, if any."""
        closed = self.close_due(instant_ms)
        if not self._frames:
            self._start_ms = (
                instant_ms - instant_ms % self._interval_ms if self._interval_ms else instant_ms
            )
        self._frames.append(decoded)
        self._newest_ms = instant_ms
        return closed if self._interval_ms else closed + self.close()

    def close_due(self, instant_ms: int) -> list[WireReading]:
        """The reading whose interval does not hold `instant_ms`, if one is open."""
        earliest_ms = self._start_ms - SMALL_STEP_MS
        inside = earliest_ms < instant_ms < self._start_ms + self._interval_ms
        return [] if inside else self.close()

    def close(self, now_ms: int | None = None) -> list[WireReading]:
        """End the open interval; early (at `now_ms`) where the bridge stops in the middle of it."""
        if not self._frames:
            return []
        instant_ms = (
            last_instant_ms(self._start_ms + self._interval_ms)
            if self._interval_ms
            else self._newest_ms
        )
        if now_ms is not None and self._start_ms <= now_ms:
            instant_ms = min(instant_ms, now_ms)
        return [self._reading(instant_ms)]

    def break_off(self) -> list[WireReading]:
        """End the open interval at its newest frame: what the clock says next is another time."""
        return self.close(self._newest_ms)

    def _reading(self, instant_ms: int) -> WireReading:
        frames, self._frames = self._frames, []
        means = {field: _mean(frames, source) for field, source in self._values.items()}
        weather = _weather(frames, self._weather)
        extras = {name: _mean(frames, name) for name in self._extras}
        told = {name: mean for name, mean in extras.items() if mean is not None}
        return WireReading(
            seq=0,
            sensor=self._sensor,
            t=instant_ms,
            n=len(frames),
            x=told or None,
            **(means | weather),
        )


def _weather(frames: list[Decoded], sources: Mapping[str, str]) -> dict[str, float | None]:
    """Means of the weather; a direction is that of the mean wind vector."""
    means = {field: _mean(frames, source) for field, source in sources.items()}
    if "wind_deg" in sources and "wind_mps" in sources:
        speed, direction = sources["wind_mps"], sources["wind_deg"]
        means["wind_deg"] = _direction([(frame[speed], frame[direction]) for frame in frames])
    return means


def _direction(winds: list[tuple[float | None, float | None]]) -> float | None:
    """Where the mean of the wind vectors comes from, degrees; None where nothing blows."""
    blowing = [(mps, math.radians(deg)) for mps, deg in winds if mps and deg is not None]
    east = math.fsum(mps * math.sin(angle) for mps, angle in blowing)
    north = math.fsum(mps * math.cos(angle) for mps, angle in blowing)
    if math.hypot(east, north) < _STILL_MPS * max(1, len(blowing)):
        return None
    return round(math.degrees(math.atan2(east, north)) % 360, _DECIMALS) % 360


def _mean(frames: list[Decoded], field: str) -> float | None:
    """The mean of the frames that tell it; None where none does."""
    numbers = [number for frame in frames if (number := frame.get(field)) is not None]
    if len(numbers) <= 1:
        return float(numbers[0]) if numbers else None
    total = sum((Decimal(str(number)) for number in numbers), Decimal(0))
    return float(round(total / len(numbers), _DECIMALS))
