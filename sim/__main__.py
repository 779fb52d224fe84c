"""The command `dust sim`: builds the simulator's parts and runs them."""

import json
import sys
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from structlog.typing import FilteringBoundLogger

from dust.clock import ReplayClock, ReplayClockHand, SystemClock
from dust.errors import BadInput
from sim.expectation import expectation, write_expectation
from sim.faults import CLOCK_FAULTS, WrongClock
from sim.instrument_command import instrument
from sim.looking import day_table, fault_lines, first_comment, sensor_table
from sim.player import Player, Stop
from sim.port_folder import PortFolder
from sim.pseudo_terminal import PseudoTerminal
from sim.publish_command import publish
from sim.recordings import Recording, read_recording
from sim.scenario import Scenario, read_scenario, shipped
from sim.sensors import Sensor, sensors
from sim.sent_record import SentRecord
from sim.terminal import named_errors, progress, stop_on_signals
from sim.time_line import (
    TimeLine,
    fixed_time_line,
    full_time_line,
    interval_end_ms,
    short_time_line,
)
from sim.write_command import write

_GO_POLL_S = 0.05
_SETTLE_MS = 1000  # past the interval's end, so that readers close it

command = typer.Typer(
    help="Play real sensor bytes on virtual serial ports, and say what must come of them.",
    no_args_is_help=True,
)
command.command()(write)
command.command()(publish)
command.command()(instrument)


@command.command()
def play(  # noqa: PLR0913  (one parameter for each option of the command)
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a TOML file.")],
    *,
    ports: Annotated[Path, typer.Option(help="Folder for the links to the ports.")],
    clock: Annotated[Path, typer.Option(help="File that holds the replayed clock's hand.")],
    sent: Annotated[Path, typer.Option(help="CSV of every frame that must count.")],
    for_s: Annotated[
        float | None, typer.Option("--for", min=0.0, help="Stop feeding after so many seconds.")
    ] = None,
    history_hours: Annotated[
        int | None, typer.Option(min=0, max=8784, help="Hours of history (default: 31 days).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Feed history as fast as the readers take it, then one frame a second, until stopped.

    Nothing is sent before the file `go` exists in the folder of the ports. A clock file of an
    earlier replay is continued: the history begins where that one stopped.
    """
    stop = stop_on_signals()
    with named_errors(), ExitStack() as parts:
        plan = read_scenario(scenario)
        time_line, simulated = _simulated(plan, history_hours, _played_to_ms(clock))
        folder = PortFolder(ports)
        parts.callback(folder.remove)
        lines = [(sensor, _open_terminal(sensor.id, folder, parts)) for sensor in simulated]
        hand = ReplayClockHand(clock, time_line.played_to_ms or time_line.start_ms)
        record = parts.enter_context(closing(SentRecord(sent)))
        wrong_by_ms = _one_clock(plan, time_line.start_ms).by_ms
        player = Player(
            lines, hand, record, SystemClock(), stop, _stderr_log(), wrong_by_ms=wrong_by_ms
        )
        folder.announce_ready()
        if not _await_go(folder, stop):
            return
        _feed(player, time_line, stop, for_s)
        record.save()
        if not stop.requested:
            last_ms = player.played.last_ms or time_line.start_ms
            shown_ms = last_ms + wrong_by_ms(last_ms)
            hand.set_ms(interval_end_ms(shown_ms, plan.sampling_interval_s) + _SETTLE_MS)
            folder.announce_finished(_report(player))
        _tell(_report(player), as_json=as_json)
        player.hold()


@command.command()
def expect(
    sent: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The sent record.")],
    network: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The network file.")],
    scenario: Annotated[str, typer.Option(help="A shipped scenario's name, or a TOML file.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="JSON file to write.")],
    as_of_ms: Annotated[
        int | None, typer.Option(help="Instant of the question, epoch ms (default: now).")
    ] = None,
) -> None:
    """Work out, without the system's code, what it must hold after what was sent."""
    with named_errors():
        now_ms = SystemClock().now_ms() if as_of_ms is None else as_of_ms
        write_expectation(expectation(sent, network, scenario, now_ms), out)


@command.command(name="list")
def list_() -> None:
    """Name the scenarios that come with the simulator, a line each."""
    for path in shipped():
        typer.echo(f"{path.stem:20} {first_comment(path)}")


@command.command()
def show(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a TOML file.")],
) -> None:
    """Show a scenario's sensors, its faults, and the true air of its first day."""
    with named_errors():
        plan = read_scenario(scenario)
        start_ms = _time_line(plan, None, read_recording()).start_ms
        console = Console()
        console.print(sensor_table(plan))
        for line in fault_lines(plan):
            console.print(line, highlight=False)
        if plan.stations:
            console.print(day_table(plan, start_ms))


def _played_to_ms(clock: Path) -> int | None:
    """Where the last replay on this clock stopped; None for a clock that is new."""
    return ReplayClock(clock).now_ms() if clock.exists() else None


def _simulated(
    plan: Scenario, history_hours: int | None, played_to_ms: int | None
) -> tuple[TimeLine, list[Sensor]]:
    recording = read_recording()
    time_line = _time_line(plan, history_hours, recording)
    return replace(time_line, played_to_ms=played_to_ms), sensors(plan, recording, time_line)


def _time_line(plan: Scenario, history_hours: int | None, recording: Recording) -> TimeLine:
    """The scenario's own start and length, else up to the real now."""
    now_ms = SystemClock().now_ms()
    hours = plan.hours if history_hours is None else history_hours
    if plan.start_ms is not None:
        return fixed_time_line(plan.start_ms, hours or 0)
    if hours is None:
        return full_time_line(now_ms)
    return short_time_line(now_ms, hours, recording)


def _one_clock(plan: Scenario, start_ms: int) -> WrongClock:
    """All ports are read by one replayed clock; it cannot be wrong for some gateways only."""
    for number, fault in enumerate(plan.faults, start=1):
        if fault.kind in CLOCK_FAULTS and set(fault.gateways) not in (set(), set(plan.gateways)):
            allowed = "all gateways, because the ports share one clock"
            raise BadInput(f"faults[{number}].gateways", fault.gateways, allowed)
    return WrongClock(plan.faults, start_ms)


def _open_terminal(sensor_id: str, folder: PortFolder, parts: ExitStack) -> PseudoTerminal:
    terminal = PseudoTerminal(sensor_id)
    parts.callback(terminal.close)
    folder.link(sensor_id, terminal.device)
    return terminal


def _await_go(folder: PortFolder, stop: Stop) -> bool:
    clock = SystemClock()
    while not stop.requested:
        if folder.go_given():
            return True
        stop.sleep_until(clock.monotonic_s() + _GO_POLL_S)
    return False


def _feed(player: Player, time_line: TimeLine, stop: Stop, for_s: float | None) -> None:
    clock = SystemClock()
    if for_s is not None:
        stop.due_at_s = clock.monotonic_s() + for_s
    hours = time_line.hours_until(time_line.end_ms or clock.now_ms())
    with progress("history", hours, "h") as on_hour:
        player.play_history(time_line, on_hour)
    if time_line.end_ms is None:
        player.play_live()


def _report(player: Player) -> dict[str, float | int | None]:
    played = player.played
    pace = played.history_ticks / played.history_s if played.history_s else None
    return {**asdict(played), "history_ticks_per_s": pace and round(pace, 1)}


def _tell(report: dict[str, float | int | None], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(
        f"{report['frames']} frames sent in {report['history_ticks']} ticks of history"
        f" ({report['history_ticks_per_s']} a second) and {report['live_ticks']} live ticks"
    )


def _stderr_log() -> FilteringBoundLogger:
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return log


if __name__ == "__main__":
    command()
