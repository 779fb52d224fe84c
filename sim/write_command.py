"""The command `dust sim write`: a scenario's readings or frames into a file."""

import json
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dust.clock import SystemClock
from sim.faults import sums
from sim.fleet import Fleet
from sim.reading_file import ReadingFile, write_frames
from sim.recordings import read_recording
from sim.scenario import Scenario, read_scenario
from sim.sensors import FaultySensor, sensors
from sim.sent_record import SentRecord
from sim.terminal import named_errors, progress
from sim.time_line import TimeLine, fixed_time_line, past_time_line, sampling_instants

_DEFAULT_HOURS = 24.0


def write(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a TOML file.")],
    *,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    frames: Annotated[
        bool, typer.Option("--frames", help="Lines of sensor,instant_ms,hex, not readings.")
    ] = False,
    sent: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="With --frames: CSV of every frame that must count."),
    ] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.001, help="Simulated hours (default: the scenario's, 24).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Write what a scenario makes, one reading or frame a line.

    Frames carry no clock of a gateway: with --frames, clock faults and outages do nothing.
    """
    if sent is not None and not frames:
        raise typer.BadParameter("--sent goes with --frames")
    with named_errors():
        plan = read_scenario(scenario)
        hours = hours or plan.hours or _DEFAULT_HOURS
        if frames:
            report = _write_frames(plan, hours, out, sent)
        else:
            report = _write_readings(plan, hours, out)
    if as_json:
        typer.echo(json.dumps(report))
    else:
        typer.echo(f"{report['lines']} lines of {report['sensors']} sensors in {out}")


def _time_line(plan: Scenario, hours: float) -> TimeLine:
    if plan.start_ms is not None:
        return fixed_time_line(plan.start_ms, plan.hours or 1)
    return past_time_line(SystemClock().now_ms(), hours, plan.sampling_interval_s)


def _write_readings(plan: Scenario, hours: float, out: Path) -> dict[str, object]:
    fleet = Fleet(plan, read_recording(), _time_line(plan, hours))
    instants = fleet.instants(hours)
    with out.open("w", encoding="utf-8") as file, progress("written", len(instants), "") as done:
        readings = ReadingFile(file)
        readings.write(fleet, instants, done)
    return {
        "sensors": fleet.sensors,
        "hours": hours,
        "lines": readings.readings,
        "faults": fleet.tallies(),
    }


def _write_frames(plan: Scenario, hours: float, out: Path, sent: Path | None) -> dict[str, object]:
    time_line = _time_line(plan, hours)
    lines = sensors(plan, read_recording(), time_line)
    instants = sampling_instants(time_line.start_ms, hours, plan.sampling_interval_s)
    with ExitStack() as parts:
        file = parts.enter_context(out.open("w", encoding="utf-8"))
        record = parts.enter_context(closing(SentRecord(sent))) if sent else None
        done = parts.enter_context(progress("written", len(instants), ""))
        written = write_frames(lines, instants, file, record, done)
    chain = [
        fault for line in lines if isinstance(line, FaultySensor) for fault in line.faults.chain
    ]
    return {"sensors": len(lines), "hours": hours, **asdict(written), "faults": sums(chain)}
