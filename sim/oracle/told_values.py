"""What the sensors tell of the stations: each stored value at its place, flagged and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.oracle.corrections import corrected, correction_for
from sim.oracle.current import current
from sim.oracle.flags import failed_values
from sim.oracle.world import CLAIM_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from sim.oracle.flags import Value
    from sim.oracle.world import Correction, Deployment, Stored, World


class Told(NamedTuple):
    """One value of one reading, told of one station; `value` is None when it does not count."""

    station: str
    pollutant: str
    t_ms: int
    reading: tuple[str, int, int]
    interval_s: int
    raw: Decimal | None
    value: Decimal | None
    claim_class: str
    correction_id: int | None
    failed: bool


def told_values(world: World) -> list[Told]:
    """Every value told of any station, in the order of the readings."""
    failed = failed_values(world)
    return [
        _told(world, deployment, reading, pollutant, failed)
        for reading in current(world)
        for deployment in world.deployments
        if deployment.sensor == reading.sensor and deployment.covers(reading.t_ms)
        for pollutant in world.model_of(reading.sensor).pollutants
        if deployment.tells(pollutant) and reading.level(pollutant) is not None
    ]


def weakest(classes: Iterable[str]) -> str | None:
    """The weakest claim class, None of none."""
    return max(classes, key=CLAIM_CLASSES.index, default=None)


def _told(
    world: World, deployment: Deployment, reading: Stored, pollutant: str, failed: set[Value]
) -> Told:
    has_failed = (*reading.key, pollutant) in failed
    raw = None if has_failed else reading.level(pollutant)
    row = correction_for(world, reading, pollutant)
    value = raw if row is None or raw is None else corrected(row, raw, reading.rh)
    return Told(
        deployment.station,
        pollutant,
        reading.t_ms,
        reading.key,
        world.sensors[reading.sensor].interval_s,
        raw,
        value,
        _class_of(world.model_of(reading.sensor).pollutants[pollutant].claim_class, row),
        None if row is None else row.correction_id,
        has_failed,
    )


def _class_of(models: str, row: Correction | None) -> str:
    """The model's class, or the correction's where that is better."""
    if row is None or row.claim_class is None:
        return models
    return min(models, row.claim_class, key=CLAIM_CLASSES.index)
