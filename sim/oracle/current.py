"""Which of the stored readings are there to be judged and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.oracle.world import Stored, World


def current(world: World) -> list[Stored]:
    """The stored readings without those that an archive has published anew."""
    newest: dict[tuple[str, int], int] = {}
    for reading in world.stored:
        at = reading.sensor, reading.t_ms
        newest[at] = max(newest.get(at, reading.seq), reading.seq)
    return [
        reading
        for reading in sorted(world.stored, key=lambda each: each.key)
        if reading.sensor in world.sensors
        if not world.model_of(reading.sensor).revises
        or reading.seq == newest[reading.sensor, reading.t_ms]
    ]
