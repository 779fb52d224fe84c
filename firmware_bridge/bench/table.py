"""The figures as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from firmware_bridge.bench.figures import Drain, GatewayFigures, Put, Steady


def table_of(figures: GatewayFigures) -> Table:
    """One row a figure, with the limit that was measured beside it."""
    machine = figures.machine
    table = Table(
        title=f"dust bench gateway {figures.version}, {figures.date}",
        caption=f"{machine.processor}, {machine.cores} cores, {machine.memory_mb} MB; Python"
        f" {machine.python}, SQLite {machine.sqlite} on {machine.file_system}; {figures.broker}",
    )
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("beside it", justify="right")
    for steady in figures.steady:
        table.add_row(*_steady(steady))
    for put in figures.put:
        table.add_row(*_put(put))
    table.add_row(*_drain(figures.drain))
    table.add_row(
        "the same without broker: after and confirm",
        f"{figures.drain.spool_alone_per_s:,.0f} readings/s",
        f"bare SQLite {figures.drain.plain_per_s:,.0f}",
    )
    table.add_row(
        "bare SQLite, one big insert that waits for no disk",
        f"{figures.plain_bulk_insert_per_s:,.0f} readings/s",
        "",
    )
    return table


def _steady(steady: Steady) -> tuple[str, str, str]:
    interval = f"mean of {steady.sampling_interval_s} s"
    kept = interval if steady.sampling_interval_s else "every frame kept"
    return (
        f"{steady.sensors} sensors at 1 Hz, {kept}",
        f"{steady.bridge_processor_pct:.1f} % of a core, {steady.bridge_memory_mb:.0f} MB",
        f"{steady.frames_missing} of {steady.frames_sent:,} frames missing",
    )


def _put(put: Put) -> tuple[str, str, str]:
    return (
        f"into the spool, {put.group} in a commit",
        f"{put.spool_per_s:,.0f} readings/s",
        f"bare SQLite {put.plain_per_s:,.0f} (x {put.ratio:.2f})",
    )


def _drain(drain: Drain) -> tuple[str, str, str]:
    return (
        f"{drain.readings:,} readings from the spool through the broker",
        f"{drain.readings_per_s:,.0f} readings/s",
        f"goal {drain.goal_per_s:,}; {drain.missing} missing, {drain.repeats} repeats",
    )
