"""What `dust calibrate` tells: for people as tables, for machines and as evidence as one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from dust.calibration.targets import least_co_location, targets_for, targets_source

if TYPE_CHECKING:
    from dust.calibration.assessment import Assessment, Judged, Stages
    from dust.calibration.colocation import Range
    from dust.calibration.regression import Line
    from dust.storage.stored_colocation import Asked, Found

_ROWS: Final = (
    ("slope", "slope"),
    ("intercept", "intercept, µg/m³"),
    ("r2", "R²"),
    ("rmse", "RMSE, µg/m³"),
    ("nrmse", "or NRMSE, %"),
)
_NOTHING: Final = "\N{EN DASH}"


def object_of(asked: Asked, found: Found, assessment: Assessment) -> dict[str, Any]:
    """All figures as plain values: what is printed with --json and kept as evidence."""
    told: dict[str, Any] = msgspec.to_builtins(assessment)
    least = least_co_location()
    return {
        "sensor": asked.sensor,
        "model": found.model,
        "reference": asked.reference,
        "from": asked.span.start.isoformat(),
        "to": asked.span.end.isoformat(),
        "first_hour": found.colocation.starts[0].isoformat(),
        "last_hour": found.colocation.starts[-1].isoformat(),
        "time_zone": asked.zone.key,
        "rule_set": found.rules.id,
        "n_hours": assessment.hours.n,
        "n_days": assessment.days.n,
        "n_sensor_hours": found.n_sensor_hours,
        "n_reference_hours": found.n_reference_hours,
        **told,
        "notes": list(found.notes),
        "targets_source": targets_source(),
        "least_valid_days": least.min_valid_days,
        "least_hours": least.min_hours,
    }


def heading(asked: Asked, found: Found, assessment: Assessment) -> str:
    """What was compared with what, over which span and in what air."""
    first, last = (at.astimezone(asked.zone) for at in (asked.span.start, asked.span.end))
    hours = f"({asked.sensor} {found.n_sensor_hours}, {asked.reference} {found.n_reference_hours})"
    days = f"{assessment.days.n} valid days ({found.rules.day_min_hours} of 24 hours)"
    levels = _span(assessment.reference_range, "µg/m³"), _span(assessment.sensor_range, "µg/m³")
    air = _span(assessment.rh_range, "%"), _span(assessment.t_range, "°C")
    lines = [
        f"{asked.sensor} ({found.model}) beside {asked.reference}, {asked.pollutant}",
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({asked.zone.key})",
        f"{assessment.hours.n} paired hours {hours}, {days}, rule set {found.rules.id}",
        f"reference {levels[0]}, sensor {levels[1]}",
        f"humidity {air[0]}, temperature {air[1]} (the sensor's own)",
    ]
    return "\n".join([*lines, *(f"Note: {note}" for note in found.notes)])


def table_of(assessment: Assessment, name: str) -> Table:
    """The figures of `hours` or `days`: raw, corrected, held out, against the targets."""
    stages: Stages = getattr(assessment, name)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"{name} (n = {stages.n})", no_wrap=True)
    for head in ("allowed", "raw", "corrected", "held out"):
        table.add_column(head, justify="right", no_wrap=True)
    every = (stages.raw, stages.corrected, stages.held_out)
    targets = targets_for(assessment.pollutant)
    for metric, label in _ROWS:
        table.add_row(
            label, targets.of(metric).allowed, *(_cell(judged, metric) for judged in every)
        )
    for label, line in (("Deming fit", "deming"), ("Theil-Sen fit", "theil_sen")):
        fits = [None if j is None else getattr(j.performance, line) for j in every]
        table.add_row(label, "", *map(_line, fits))
    return table


def conclusion(assessment: Assessment) -> str:
    """The proposed correction and the claim class that it earns, or what is missing."""
    least = least_co_location()
    rule = (
        "  decided here: indicative needs every target met on held-out hours and days,"
        f"\n  {least.min_valid_days} valid days and {least.min_hours} hours"
    )
    lines = []
    if assessment.proposal is not None:
        sign = "-" if assessment.proposal.intercept < 0 else "+"
        lines.append(
            f"Proposed: corrected = {assessment.proposal.slope} * sensor"
            f" {sign} {abs(assessment.proposal.intercept)}"
            f" (Deming fit of {assessment.hours.n} hours)"
        )
    if assessment.claim_class is not None:
        return "\n".join([*lines, f"Earned claim class: {assessment.claim_class}", rule])
    lines += ["Earned claim class: none, the model's stays", rule]
    return "\n".join([*lines, *(f"  missing: {reason}" for reason in assessment.missing)])


def _cell(judged: Judged | None, metric: str) -> str:
    verdict = next((v for v in judged.verdicts if v.metric == metric), None) if judged else None
    if verdict is None or verdict.value is None:
        return _NOTHING
    mark, style = ("✓", "green") if verdict.met else ("✗", "red")
    return f"[{style}]{verdict.value:.2f} {mark}[/{style}]"


def _line(line: Line | None) -> str:
    if line is None:
        return _NOTHING
    return f"{line.slope:.2f}x {'-' if line.intercept < 0 else '+'} {abs(line.intercept):.2f}"


def _span(span: Range | None, unit: str) -> str:
    return "not told" if span is None else f"{span.least:.1f} to {span.most:.1f} {unit}"
