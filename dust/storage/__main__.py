"""`dust db`: the schema of the database, and what the server can do."""

from __future__ import annotations

from typing import Annotated

import typer

from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.migrations import pending, upgrade
from dust.storage.timescale import is_hypertable, is_preloaded

command = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@command.command("upgrade")
def run_upgrade(database: DatabaseUrl = None) -> None:
    """Bring the schema up to date; does nothing where it already is."""
    applied = upgrade(database_url(database))
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@command.command("status")
def status(
    database: DatabaseUrl = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 when migrations are pending.")
    ] = False,
) -> None:
    """Say what the server is and which migrations it lacks."""
    with connect(database_url(database)) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        missing = pending(connection)
        hypertable = is_hypertable(connection)
        preloaded = is_preloaded(connection)
    typer.echo(f"PostgreSQL {version[0] if version else '?'}")
    typer.echo(f"TimescaleDB: {'loaded' if preloaded else 'not loaded'}")
    typer.echo(f"readings: {'hypertable' if hypertable else 'plain table'}")
    typer.echo(f"pending migrations: {', '.join(missing) or 'none'}")
    if check and missing:
        raise typer.Exit(1)


if __name__ == "__main__":
    command()
