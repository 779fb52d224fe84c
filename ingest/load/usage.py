"""Processor time of everybody who takes part in a round, for a thousand readings."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from dust.machine import cores

if TYPE_CHECKING:
    from ingest.load.child import Child
    from ingest.load.plan import Plan

_TICKS_IN_S: Final = os.sysconf("SC_CLK_TCK")
_BUSY: Final = (1, 2, 3, 6, 7, 8)
"""user, nice, system, irq, softirq and steal in the first line of /proc/stat (proc(5))."""


class Usage(NamedTuple):
    """Seconds of processor so far; None where the process is not on this machine.

    `machine_s` is everybody's.
    """

    ingest_s: float
    broker_s: float | None
    database_s: float | None
    machine_s: float
    at_s: float

    def since(self, before: Usage) -> Usage:
        return Usage(
            self.ingest_s - before.ingest_s,
            _less(self.broker_s, before.broker_s),
            _less(self.database_s, before.database_s),
            self.machine_s - before.machine_s,
            self.at_s - before.at_s,
        )


class ProcessorPer1000(msgspec.Struct):
    """Seconds of processor for 1,000 readings; `load` are the gateways that the bench plays."""

    ingest_s: float
    mosquitto_s: float | None
    postgresql_s: float | None
    load_s: float


def used(plan: Plan, workers: list[Child]) -> Usage:
    return Usage(
        sum(worker.processor_s() for worker in workers),
        plan.broker.processor_s(),
        plan.server.processor_s(),
        _machine_s(),
        time.monotonic(),
    )


def per_1000(spent: Usage, load_s: float, readings: int) -> ProcessorPer1000:
    thousands = readings / 1000
    return ProcessorPer1000(
        round(spent.ingest_s / thousands, 5),
        None if spent.broker_s is None else round(spent.broker_s / thousands, 5),
        None if spent.database_s is None else round(spent.database_s / thousands, 5),
        round(load_s / thousands, 5),
    )


def others_pct(spent: Usage, load_s: float) -> float:
    """What is not ours of all cores: ours is what ingest, broker, database and gateways took."""
    ours_s = spent.ingest_s + (spent.broker_s or 0) + (spent.database_s or 0) + load_s
    return round(100 * max(0.0, spent.machine_s - ours_s) / (spent.at_s * cores()), 1)


def _machine_s() -> float:
    fields = Path("/proc/stat").read_text("utf-8").partition("\n")[0].split()
    return sum(int(fields[place]) for place in _BUSY) / _TICKS_IN_S


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
