"""Frames of one sampling interval made into one reading.

Intervals are aligned to the clock, [k x interval, (k + 1) x interval); the reading bears the last
millisecond of its interval. A clock that jumps closes the interval: nothing is re-ordered.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dust.readings import last_instant_ms
from dust.wire import WireReading

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel

_DECIMALS: Final = 3
"""Of a reading's mean; a thousandth of a µg/m³ is far below what any of these sensors resolves."""


class Sampler:
    """The open sampling interval of one sensor."""

    def __init__(self, sensor: str, model: SensorModel, interval_ms: int) -> None:
        self._sensor = sensor
        self._interval_ms = interval_ms
        self._values = model.values
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
        inside = self._start_ms <= instant_ms < self._start_ms + self._interval_ms
        return [] if inside else self.close()

    def close(self, now_ms: int | None = None) -> list[WireReading]:
        """End the open interval; early (at `now_ms`) where the bridge stops in the middle of it."""
        if not self._frames:
            return []
        frames, self._frames = self._frames, []
        instant_ms = (
            last_instant_ms(self._start_ms + self._interval_ms)
            if self._interval_ms
            else self._newest_ms
        )
        if now_ms is not None and self._start_ms <= now_ms:
            instant_ms = min(instant_ms, now_ms)
        return [self._reading(instant_ms, frames)]

    def _reading(self, instant_ms: int, frames: list[Decoded]) -> WireReading:
        means = {field: _mean(frames, source) for field, source in self._values.items()}
        extras = {name: _mean(frames, name) for name in self._extras}
        return WireReading(
            seq=0, sensor=self._sensor, t=instant_ms, n=len(frames), x=extras or None, **means
        )


def _mean(frames: list[Decoded], field: str) -> float:
    if len(frames) == 1:
        return float(frames[0][field])
    total = sum((Decimal(str(frame[field])) for frame in frames), Decimal(0))
    return float(round(total / len(frames), _DECIMALS))
