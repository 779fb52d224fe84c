"""What people see of a scenario before they play it: its sensors, its faults, its first day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table

from sim.physics import hourly_mean
from sim.sparkline import sparkline
from sim.synthetic import World
from sim.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from pathlib import Path

    from sim.faults import FaultPlan
    from sim.scenario import Scenario, SensorPlan

_DAY_H = 24
_SHOWN = (("PM2.5", "pm25"), ("PM10", "pm10"))


def first_comment(path: Path) -> str:
    """The first line of a scenario file, which says in a line what it shows."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def sensor_table(scenario: Scenario) -> Table:
    table = Table("sensor", "model", "gateway", "stands at / plays", "faults")
    for plan in scenario.sensors:
        faults = [fault.kind for fault in scenario.faults if fault.aims_at(plan.id, plan.gateway)]
        table.add_row(plan.id, plan.model, plan.gateway, _plays(plan), ", ".join(faults))
    return table


def fault_lines(scenario: Scenario) -> list[str]:
    return [_fault_line(fault) for fault in scenario.faults]


def day_table(scenario: Scenario, start_ms: int) -> Table:
    """Hourly means of the true air of each station from an instant on."""
    table = Table("station", "ug/m3", "24 h from the start", "mean", "highest hour")
    places = World(scenario, start_ms).places
    for name, place in places.items():
        hours = [hourly_mean(place.air, start_ms + hour * HOUR_MS) for hour in range(_DAY_H)]
        for label, field in _SHOWN:
            levels = [getattr(hour, field) for hour in hours]
            mean, most = sum(levels) / _DAY_H, max(levels)
            table.add_row(name, label, sparkline(levels), f"{mean:.0f}", f"{most:.0f}")
    return table


def _plays(plan: SensorPlan) -> str:
    if plan.signal == "recorded":
        return f"recorded {plan.column} x {plan.gain:g}"
    if plan.signal == "captured":
        return "captured frames"
    return plan.station + ("" if plan.physics else ", without physics")


def _fault_line(fault: FaultPlan) -> str:
    whom = ", ".join(fault.sensors or fault.gateways) or "all"
    when = f"hours {fault.from_h:g} to {fault.to_h:g}" if fault.to_h < math.inf else "always"
    parts = [f"{fault.kind}: {whom}, {when}"]
    parts += [f"rate {fault.rate:g}"] if fault.rate < 1 else []
    parts += [f"{fault.ppm:g} ppm"] if fault.ppm else []
    parts += [f"{fault.by_s:+g} s"] if fault.by_s else []
    return ", ".join(parts)
