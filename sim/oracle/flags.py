"""Values that have failed: they stay stored and do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.oracle.current import current

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sim.oracle.world import FlatLine, Measured, Stored, World

Value = tuple[str, int, int, str]
"""Sensor, phenomenon time, number and pollutant of one stored value."""


def failed_values(world: World) -> set[Value]:
    """All stored values that must not count."""
    failed: set[Value] = set()
    for sensor in world.sensors:
        series = _series(world, sensor)
        model = world.model_of(sensor)
        for pollutant, measured in model.pollutants.items():
            bad = [each for each in series if _is_impossible(measured, each.level(pollutant))]
            if model.flat_line is not None:
                told = [each for each in series if each.level(pollutant) is not None]
                for part in _without_silence(told, world, sensor):
                    bad += _stuck(model.flat_line, part, pollutant)
            failed |= {(*each.key, pollutant) for each in bad}
    return failed


def _series(world: World, sensor: str) -> list[Stored]:
    """What counts of a sensor, in the order of time."""
    return [each for each in current(world) if each.sensor == sensor]


def _is_impossible(measured: Measured, level: Decimal | None) -> bool:
    if level is None:
        return False
    low, full = measured.fail_below_ugm3, measured.saturated_ugm3
    return (low is not None and level < low) or (
        full is not None and abs(level - full) <= measured.saturation_tolerance_ugm3
    )


def _without_silence(series: Sequence[Stored], world: World, sensor: str) -> list[list[Stored]]:
    """The series of what has a value, cut at every silence."""
    rule = world.model_of(sensor).flat_line
    parts: list[list[Stored]] = []
    for reading in series:
        if parts and rule is not None:
            apart_ms = reading.t_ms - parts[-1][-1].t_ms
            if apart_ms < (rule.gap_s + world.sensors[sensor].interval_s) * 1000:
                parts[-1].append(reading)
                continue
        parts.append([reading])
    return parts


def _stuck(rule: FlatLine, part: Sequence[Stored], pollutant: str) -> list[Stored]:
    """Every reading of a run, wherever in it, once the run has lasted long enough."""
    values = [(each, level) for each in part if (level := each.level(pollutant)) is not None]
    stuck = []
    for first in range(len(values)):
        run = [values[first]]
        low = high = values[first][1]
        for each in values[first + 1 :]:
            low, high = min(low, each[1]), max(high, each[1])
            if high - low >= rule.tolerance_ugm3:
                break
            run.append(each)
        if _is_too_long(rule, run):
            stuck += [reading for reading, _ in run]
    return stuck


def _is_too_long(rule: FlatLine, run: Sequence[tuple[Stored, Decimal]]) -> bool:
    lasted_ms = run[-1][0].t_ms - run[0][0].t_ms
    is_zero = all(level == 0 for _, level in run)
    return (
        lasted_ms >= rule.fail_after_s * 1000
        and len(run) >= rule.fail_min_values
        and (rule.zeros_may_fail or not is_zero)
    )
