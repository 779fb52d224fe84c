"""`dust devices`: devices that are heard and not registered, and the lines that register them."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from ingest.foreign.formats import FORMATS
from ingest.foreign.strangers import Stranger, fetch_strangers, network_lines, stranger_called

command = typer.Typer(help="Devices that are heard and not registered.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
_COLUMNS: Final = ("code", "heard as", "topic", "first", "last", "readings", "quantities", "every")
_NEXT: Final = "dust network apply FILE\ndust quarantine replay --reason unknown_sensor"


@command.command("list")
def list_devices(*, as_json: AsJson = False, database: DatabaseUrl = None) -> None:
    """Show what sent readings and is not in the network file."""
    with connect(database_url(database)) as connection:
        found = fetch_strangers(connection)
    if as_json:
        typer.echo(msgspec.json.encode([_answer(each) for each in found]).decode())
    elif not found:
        typer.echo("no unknown device was heard")
    else:
        Console().print(_table(found))
        typer.echo("to register one: dust devices offer CODE --station STATION --model MODEL")


@command.command("offer")
def offer(
    code: Annotated[str, typer.Argument(help="A code that `dust devices list` shows.")],
    *,
    station: Annotated[str, typer.Option(help="Code of the station where the device is.")],
    model: Annotated[str, typer.Option(help="Sensor model, as in the claims table.")],
    as_json: AsJson = False,
    database: DatabaseUrl = None,
) -> None:
    """Print the lines that make a device part of the network; change nothing."""
    with connect(database_url(database)) as connection:
        stranger = stranger_called(connection, code)
        lines = network_lines(connection, stranger, station, model)
    if as_json:
        told = {"device": _answer(stranger), "network_file": lines, "then": _NEXT.splitlines()}
        typer.echo(msgspec.json.encode(told).decode())
        return
    typer.echo(lines)
    typer.echo("# Add these lines to the network file, then:", err=True)
    typer.echo(_NEXT, err=True)


def _answer(stranger: Stranger) -> dict[str, Any]:
    return {
        "code": stranger.code,
        "format": stranger.gateway if stranger.gateway in FORMATS else None,
        "gateway": stranger.gateway,
        "topic": stranger.topic,
        "first_seen": stranger.first_seen.isoformat(),
        "last_seen": stranger.last_seen.isoformat(),
        "readings": stranger.times,
        "fields": list(stranger.fields),
        "interval_s": stranger.interval_s,
        "behind_s": stranger.behind_s,
        "registered": stranger.is_registered,
    }


def _table(found: list[Stranger]) -> Table:
    table = Table(*_COLUMNS)
    for each in found:
        state = " (registered: replay it)" if each.is_registered else ""
        table.add_row(
            each.code + state,
            each.gateway,
            each.topic,
            f"{each.first_seen:%Y-%m-%d %H:%M}Z",
            f"{each.last_seen:%Y-%m-%d %H:%M}Z",
            str(each.times),
            ", ".join(each.fields),
            "" if each.interval_s is None else f"{each.interval_s} s",
        )
    return table


if __name__ == "__main__":
    command()
