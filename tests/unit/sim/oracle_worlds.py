"""Little worlds for the oracle's worked examples: one village, one hour or one day at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sim.oracle import Deployment, Measured, Model, Sensor, Stored, World

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUR_MS = 3_600_000
MIDNIGHT_MS = round(datetime.fromisoformat("2026-11-01T00:00:00+07:00").timestamp() * 1000)
DAY = date(2026, 11, 1)
AFTERWARDS_MS = MIDNIGHT_MS + 60 * 24 * HOUR_MS

OPTICAL = Model(
    {
        "pm25": Measured("screening", Decimal(0)),
        "pm10": Measured("not_claimable", Decimal(0)),
    }
)
BETA = Model(
    {
        "pm25": Measured("reference", Decimal(-15)),
        "pm10": Measured("reference", Decimal(-15)),
    }
)
ARCHIVE = replace(BETA, revises=True)


def world(*stored: Iterable[Stored], interval_s: int = 3600, **more: Any) -> World:
    """pms-a stands in the village, bam-r and the archive arc-r wait for a deployment."""
    models = {"pms5003": OPTICAL, "bam1020": BETA, "archive": ARCHIVE}
    sensors = {
        "pms-a": Sensor("pms5003", interval_s),
        "pms-b": Sensor("pms5003", interval_s),
        "bam-r": Sensor("bam1020", interval_s),
        "arc-r": Sensor("archive", interval_s),
    }
    everything = {
        "models": models,
        "sensors": sensors,
        "deployments": (Deployment("pms-a", "village"),),
    } | more
    return World(stored=frozenset(each for group in stored for each in group), **everything)


def stored(
    *levels: str | None, sensor: str = "pms-a", start_ms: int = MIDNIGHT_MS, interval_s: int = 3600
) -> list[Stored]:
    """PM2.5, one reading an interval; None leaves a hole."""
    return [
        Stored(sensor, start_ms + (number + 1) * interval_s * 1000 - 1, number, pm25=Decimal(level))
        for number, level in enumerate(levels)
        if level is not None
    ]
