"""The time after power or waking in which a sensor's numbers are not yet true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware_bridge.dialogues.counts import DialogueCounts


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

    def lets_through(self, now_s: float, counts: DialogueCounts) -> bool:
        """Whether data of now count; those that come too early are counted as such."""
        too_early = self.is_running(now_s)
        counts.warming_frames += too_early
        return not too_early

    def is_running(self, now_s: float) -> bool:
        return now_s < self.until_s
