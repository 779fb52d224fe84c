"""`dust bench gateway`: figures as a table, or as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_bridge.bench.broker import broker_at
from firmware_bridge.bench.main import STEPS, run
from firmware_bridge.bench.plan import Options
from firmware_bridge.bench.table import table_of

command = typer.Typer(help="What a gateway costs and carries on this machine.")


@command.callback(invoke_without_command=True)
def gateway(  # noqa: PLR0913  (one parameter for each option of the command)
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    sensors: Annotated[
        int, typer.Option(min=1, max=99, help="Sensors of one frame a second.")
    ] = 20,
    seconds: Annotated[
        float, typer.Option(min=0.5, max=3600, help="How long the sensors are measured, twice.")
    ] = 20,
    settle_s: Annotated[
        float, typer.Option("--settle", min=0, max=600, help="Seconds before that do not count.")
    ] = 5,
    readings: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Readings in the spool that is emptied.")
    ] = 100_000,
    broker: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of a broker without sign-in (default: one of our own)."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="Measure the disk of this folder (default: /tmp's)."
        ),
    ] = None,
) -> None:
    """Sensors at 1 Hz, readings/s into the spool and out of it, each beside bare SQLite."""
    given = None if broker is None else broker_at(broker)
    options = Options(sensors, seconds, settle_s, readings, given, folder)
    with _progress() as say:
        figures = run(options, say)
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
    else:
        Console().print(table_of(figures))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what is being measured; nothing when no terminal looks on."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    described = TextColumn("{task.description}")
    with Progress(described, *columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=STEPS, completed=-1)
        yield lambda what: bar.update(task, description=what, advance=1)


if __name__ == "__main__":
    command()
