"""`dust bench ingest`: figures as a table, or as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from dust.errors import BadInput
from ingest.load.main import run
from ingest.load.mosquitto import broker_at
from ingest.load.plan import SCENARIOS, Options
from ingest.load.table import table_of

command = typer.Typer(help="What ingest carries from the broker into the database.")


_ALL: Final = ",".join(SCENARIOS)

Only = Annotated[str, typer.Option(help="Scenarios, with commas between them.")]
Gateways = Annotated[int, typer.Option(min=1, max=2000, help="Gateways that send.")]
Sensors = Annotated[int, typer.Option(min=1, max=100, help="Sensors of each.")]
Readings = Annotated[int, typer.Option(min=1, help="Readings in a steady round.")]
BatchSize = Annotated[int, typer.Option(min=1, max=500, help="Readings in a message.")]
Messages = Annotated[int, typer.Option(min=1, help="Messages of one reading.")]
Spooled = Annotated[int, typer.Option(min=1, help="Spooled readings.")]
VisibleS = Annotated[float, typer.Option("--visible", min=1, help="Seconds at a moderate load.")]
SpacingS = Annotated[
    float, typer.Option("--spacing", min=10, help="Seconds between a sensor's readings.")
]
Rounds = Annotated[int, typer.Option(min=1, max=99, help="Rounds; medians are told.")]
Workers = Annotated[int, typer.Option(min=1, max=16, help="Workers of the steady load.")]
BrokerAt = Annotated[
    str | None,
    typer.Option(help="HOST:PORT of a broker without sign-in (default: a Mosquitto of ours)."),
]
DatabaseAt = Annotated[
    str | None,
    typer.Option(
        help="Connection string of a server on which databases may be made and dropped"
        " (default: PostgreSQL from the wheel)."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="Measure the disk of this folder (default: /tmp's)."
    ),
]


@command.callback(invoke_without_command=True)
def ingest(  # noqa: PLR0913  (one parameter for each option of the command)
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Seconds only; no rate is real.")] = False,
    only: Only = _ALL,
    gateways: Gateways = 200,
    sensors: Sensors = 5,
    readings: Readings = 600_000,
    batch: BatchSize = 100,
    messages: Messages = 40_000,
    catch_up: Spooled = 5_000_000,
    visible_s: VisibleS = 30,
    spacing_s: SpacingS = 60,
    rounds: Rounds = 3,
    workers: Workers = 1,
    lean: Annotated[bool, typer.Option("--lean", help="Readings without `x`.")] = False,
    broker: BrokerAt = None,
    database: DatabaseAt = None,
    folder: Folder = None,
) -> None:
    """Readings/s through broker, ingest and database, beside the same rows by SQL alone."""
    options = Options(
        _scenarios(only),
        gateways,
        sensors,
        readings,
        batch,
        messages,
        catch_up,
        visible_s,
        spacing_s,
        rounds,
        workers,
        not lean,
        None if broker is None else broker_at(broker),
        database,
        folder,
    )
    with _progress() as say:
        figures = run(options.quick() if quick else options, say)
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
    else:
        Console().print(table_of(figures))


def _scenarios(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    if not set(found) <= set(SCENARIOS):
        raise BadInput("only", text, f"of {', '.join(SCENARIOS)}, with commas between them")
    return found


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what is being measured; nothing when no terminal looks on."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield status.update


if __name__ == "__main__":
    command()
