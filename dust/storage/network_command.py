"""`dust network`: apply a network file, or show what applying it would change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dust.network import load_network
from dust.storage import stored_network
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url

command = typer.Typer(help="Stations, sensors and deployments.", no_args_is_help=True)
NetworkFile = Annotated[Path, typer.Argument(help="A network file (TOML).")]


@command.command("show")
def show(file: NetworkFile, database: DatabaseUrl = None) -> None:
    """Print what applying the file would change; change nothing."""
    network = load_network(file)
    with connect(database_url(database)) as connection:
        _print(stored_network.difference(connection, network))


@command.command("apply")
def apply(file: NetworkFile, database: DatabaseUrl = None) -> None:
    """Print the difference between file and database, then make it so, in one transaction."""
    network = load_network(file)
    with connect(database_url(database)) as connection:
        _print(stored_network.apply(connection, network))


def _print(changes: list[stored_network.Change]) -> None:
    typer.echo("\n".join(str(change) for change in changes) or "nothing to change")
