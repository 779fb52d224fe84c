"""What may happen in a scenario; each event is one change of the oracle's world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.oracle import Correction, Deployment, RuleSet, Stored, World


@dataclass(frozen=True, slots=True)
class Arrival:
    """Readings come in, in this order, each message as large as the number says."""

    what: str
    readings: tuple[Stored, ...]
    per_message: int = 500

    def in_world(self, world: World) -> World:
        return replace(world, stored=world.stored | set(self.readings))


@dataclass(frozen=True, slots=True)
class Placement:
    """The network file says anew who stands where."""

    what: str
    deployments: tuple[Deployment, ...]

    def in_world(self, world: World) -> World:
        return replace(world, deployments=self.deployments)


@dataclass(frozen=True, slots=True)
class Correcting:
    """A correction is recorded."""

    what: str
    correction: Correction

    def in_world(self, world: World) -> World:
        return replace(world, corrections=(*world.corrections, self.correction))


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """A correction is withdrawn."""

    what: str
    correction_id: int

    def in_world(self, world: World) -> World:
        rows = tuple(
            row._replace(withdrawn=row.withdrawn or row.correction_id == self.correction_id)
            for row in world.corrections
        )
        return replace(world, corrections=rows)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The network file names another rule set."""

    what: str
    rules: RuleSet

    def in_world(self, world: World) -> World:
        return replace(world, rules=self.rules)


Event = Arrival | Placement | Correcting | Withdrawing | Ruling
