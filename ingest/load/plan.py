"""What is to be measured, on what and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.load.spooled import Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.load.mosquitto import Broker
    from ingest.load.server import Databases, Server

SCENARIOS: Final = ("steady", "visible", "one_by_one", "catch_up", "workers")
BRIDGE_WINDOW: Final = 8
"""Batches without a receipt that a bridge at its defaults has on their way."""
BRIDGE_BATCH: Final = 500
"""Readings in a message of a bridge that catches up."""


class Options(NamedTuple):
    """What the caller asked for; a broker or server of None is one of the bench's own."""

    scenarios: tuple[str, ...] = SCENARIOS
    gateways: int = 200
    sensors: int = 5
    readings: int = 600_000
    batch: int = 100
    messages: int = 40_000
    catch_up: int = 5_000_000
    visible_s: float = 30
    spacing_s: float = 60
    rounds: int = 3
    workers: int = 1
    extras: bool = True
    broker: Broker | None = None
    database: str | None = None
    folder: Path | None = None

    def quick(self) -> Options:
        """The same in a few seconds, to see that it works; no rate of it is real."""
        return self._replace(
            gateways=4,
            sensors=2,
            readings=4000,
            messages=2000,
            catch_up=4000,
            visible_s=2,
            rounds=1,
        )

    def layout(self) -> Layout:
        return Layout(self.gateways, self.sensors, self.spacing_s, self.extras)


class Plan(NamedTuple):
    """The options with all that this run works with, and who is told how it goes."""

    options: Options
    folder: Path
    broker: Broker
    server: Server
    databases: Databases
    say: Callable[[str], None]
