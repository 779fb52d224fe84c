"""The command `dust sim publish`: a fleet of gateways, straight to a broker."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dust import wire
from dust.clock import SystemClock
from dust.settings import MqttSettings
from sim.fleet import Fleet, Made
from sim.publishing.carrier import Carrier, Post
from sim.publishing.outbox import Outbox
from sim.publishing.run import Pace, Report, Run
from sim.recordings import read_recording
from sim.scenario import Scenario, read_scenario
from sim.terminal import named_errors, progress, stop_on_signals
from sim.time_line import TimeLine, fixed_time_line, past_time_line

SENT_HEADER = ("gateway", "sensor", "seq", "t", "pm25")

_FAILED = 1
_CONNECT_S = 5.0
_DEFAULT_HOURS = 24.0
_GATEWAYS_OF_A_CARRIER = 100
_MOST_CARRIERS = 4


def publish(  # noqa: PLR0913  (one parameter for each option of the command)
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a TOML file.")],
    *,
    gateways: Annotated[
        int | None, typer.Option(min=1, max=9999, help="Copies of the scenario's gateways.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.001, help="Simulated hours (default: the scenario's, 24).")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Readings a second (default: all it can).")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=1.0, help="Simulated seconds in a second; 1: as it happens.")
    ] = None,
    host: Annotated[str, typer.Option(help="The broker's host.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The broker's port.")] = 1883,
    sent: Annotated[
        Path | None, typer.Option(dir_okay=False, help="CSV of every reading sent.")
    ] = None,
    most_waiting: Annotated[
        int, typer.Option(min=500, help="Readings without a receipt at most.")
    ] = 100_000,
    receipt_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds after which a batch is sent again.")
    ] = 10.0,
    patience: Annotated[
        float, typer.Option(min=1.0, help="Seconds without any receipt after which it gives up.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Publish readings of many gateways, until a receipt covers every one; Ctrl-C ends it.

    Exit code 1: it gave up, and readings are left that no receipt covers.
    """
    if rate is not None and speed is not None:
        raise typer.BadParameter("give --rate or --speed, not both")
    unlimited = float("inf")
    pace = Pace(
        rate or unlimited,
        speed or unlimited,
        most_waiting=most_waiting,
        receipt_timeout_s=receipt_timeout,
        patience_s=patience,
    )
    with named_errors():
        plan = read_scenario(scenario)
        hours = hours or plan.hours or _DEFAULT_HOURS
        fleet = Fleet(plan, read_recording(), _time_line(plan, hours, pace.speed), gateways)
        report = _run(fleet, pace, hours, MqttSettings(host=host, port=port), sent)
    _tell(report, as_json=as_json)
    if report.unreceipted and not report.stopped:
        raise typer.Exit(_FAILED)


def _time_line(plan: Scenario, hours: float, speed: float) -> TimeLine:
    """The scenario's own start, or one that never lets the readings run ahead of the real time."""
    if plan.start_ms is not None:
        return fixed_time_line(plan.start_ms, plan.hours or 1)
    return past_time_line(SystemClock().now_ms(), hours * (1 - 1 / speed), plan.sampling_interval_s)


def _run(
    fleet: Fleet, pace: Pace, hours: float, settings: MqttSettings, sent: Path | None
) -> Report:
    stop = stop_on_signals()
    post = Post()
    carriers = _carriers(fleet, settings, post)
    total = fleet.sensors * len(fleet.instants(hours))
    with ExitStack() as parts:
        record = parts.enter_context(_record(sent))
        for carrier in carriers:
            parts.callback(carrier.close)
            carrier.open(_CONNECT_S)
        on_progress = parts.enter_context(progress("receipted", total, "readings"))
        run = Run(
            fleet, carriers, post, SystemClock(), stop, pace, record=record, on_progress=on_progress
        )
        run.go(hours)
    return run.report


def _carriers(fleet: Fleet, settings: MqttSettings, post: Post) -> list[Carrier]:
    names = [gateway.name for gateway in fleet.gateways]
    for name in names:
        wire.check_identifier("gateway", name)
    count = min(_MOST_CARRIERS, 1 + (len(names) - 1) // _GATEWAYS_OF_A_CARRIER)
    return [
        Carrier(settings, f"dust-sim-{os.getpid()}-{number}", names[number::count], post)
        for number in range(count)
    ]


@contextmanager
def _record(path: Path | None) -> Iterator[Callable[[Outbox, Sequence[Made]], None] | None]:
    """Enters every reading with the number that its outbox is about to give it."""
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(SENT_HEADER)

        def enter(outbox: Outbox, readings: Sequence[Made]) -> None:
            lines.writerows(
                (outbox.gateway, made.sensor, seq, made.t_ms, made.pm25)
                for seq, made in enumerate(readings, start=outbox.last_seq + 1)
            )

        yield enter


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    typer.echo(
        f"{report.readings_sent} readings of {report.gateways} gateways sent,"
        f" {report.readings_receipted} receipted, {report.readings_resent} sent again,"
        f" in {report.seconds:.1f} s ({report.readings_per_s:.0f} a second)"
    )
