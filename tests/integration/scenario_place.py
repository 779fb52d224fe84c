"""The system under a scenario: each event goes the way that it would go in service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integration.desk import SPOOL, Desk, payload, settle
from integration.networks import GATEWAY, STATIONS, apply, network, sensor, station
from integration.scenario_events import Arrival, Correcting, Withdrawing

from dust.claims import ClaimClass
from dust.clock import instant
from dust.corrections import Formula
from dust.pollutants import Pollutant
from dust.storage import stored_corrections
from dust.storage.connection import connect
from dust.storage.stored_corrections import NewCorrection
from dust.wire import WireReading
from ingest.recompute import recompute_once
from sim.oracle import POLLUTANTS

if TYPE_CHECKING:
    from typing import Any

    from integration.scenario_events import Event

    from dust.clock import Clock
    from dust.network import Network
    from sim.oracle import Correction, Deployment, Stored, World

ALL_STATIONS = (*STATIONS, station("v3"), station("pcd", "reference"))


QUIET_S = 3600
"""Longer than any scenario lasts."""


class ScenarioPlace:
    """A database with the network of a world; `settled` makes it say what it thinks."""

    def __init__(self, url: str, clock: Clock, world: World) -> None:
        self._url = url
        self._world = world
        apply(url, _network(world))
        self._desk = Desk(url, clock)
        self.connection = connect(url)

    def happen(self, event: Event) -> None:
        """Let an event happen, and what follows from it wait for the worker."""
        self._world = event.in_world(self._world)
        if isinstance(event, Arrival):
            self._take(event)
        elif isinstance(event, Correcting):
            stored_corrections.add(self.connection, _new_correction(event.correction))
        elif isinstance(event, Withdrawing):
            stored_corrections.withdraw(self.connection, event.correction_id)
        else:
            apply(self._url, _network(self._world))

    def settle(self, at: datetime | None = None) -> None:
        """As in service: past days are left alone until all of their hours are made."""
        now = at or datetime.now(UTC)
        while recompute_once(self.connection, QUIET_S, now):
            pass
        settle(self.connection, at)

    def close(self) -> None:
        self._desk.close()
        self.connection.close()

    def _take(self, event: Arrival) -> None:
        for first in range(0, len(event.readings), event.per_message):
            message = event.readings[first : first + event.per_message]
            self._desk.take(payload([_wired(reading) for reading in message], SPOOL, GATEWAY))


def _network(world: World) -> Network:
    entries = [_deployment_entry(each) for each in world.deployments]
    sensors = [sensor(code, *each) for code, each in world.sensors.items()]
    wanted = network(ALL_STATIONS, sensors, entries)
    return wanted.model_copy(update={"rule_set": world.rules.identifier})


def _deployment_entry(deployment: Deployment) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "sensor": deployment.sensor,
        "station": deployment.station,
        "from": instant(deployment.from_ms),
        "to": None if deployment.to_ms is None else instant(deployment.to_ms),
    }
    if deployment.reports is not None:
        entry["reports"] = sorted(deployment.reports)
    return entry


def _wired(reading: Stored) -> WireReading:
    levels = {name: reading.level(name) for name in POLLUTANTS} | {"rh": reading.rh}
    carried = {name: float(level) for name, level in levels.items() if level is not None}
    return WireReading(seq=reading.seq, sensor=reading.sensor, t=reading.t_ms, **carried)  # type: ignore[arg-type]  # only levels are given


def _new_correction(row: Correction) -> NewCorrection:
    return NewCorrection(
        Pollutant(row.pollutant),
        Formula(row.formula),
        row.coefficients,
        instant(row.from_ms),
        None if row.to_ms is None else instant(row.to_ms),
        row.sensor,
        row.model,
        None if row.claim_class is None else ClaimClass(row.claim_class),
    )
