"""The time after power or waking in which a sensor's numbers are not yet true."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class WarmUp:
    """Frames count once `lasts_s` have passed since the sensor began to run."""

    lasts_s: float
    until_s: float = float("-inf")

    def begin(self, now_s: float) -> None:
        self.until_s = now_s + self.lasts_s

    def skip(self) -> None:
        """The sensor is taken to have been running all along."""
        self.until_s = float("-inf")

    def is_running(self, now_s: float) -> bool:
        return now_s < self.until_s
