"""What one run of the bench measures, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_bridge.bench.broker import Broker


class Options(NamedTuple):
    """What the caller asked for; a broker of None is one of the bench's own."""

    sensors: int = 20
    seconds: float = 20
    settle_s: float = 5
    readings: int = 100_000
    broker: Broker | None = None
    folder: Path | None = None


class Plan(NamedTuple):
    """The options with the folder and the broker of this run."""

    options: Options
    folder: Path
    broker: Broker
    gateway: str

    def subfolder(self, name: str) -> Path:
        """A new folder for one measurement."""
        made = self.folder / name
        made.mkdir()
        return made
