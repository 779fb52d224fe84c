"""`dust db`: the schema of the database, what the server can do, and how readings are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from psycopg import errors
from rich.console import Console

from dust.errors import DustError
from dust.storage import status_report
from dust.storage.chunk_command import run_chunk_interval
from dust.storage.chunks import read_reckoning
from dust.storage.compression_command import run_compression
from dust.storage.connection import connect, database_errors
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.migrations import upgrade
from dust.storage.retention_command import run_retention
from dust.storage.server_status import read_status
from dust.storage.status_findings import findings

if TYPE_CHECKING:
    from dust.storage.server_status import ServerStatus
    from dust.storage.status_findings import Finding

command = typer.Typer(
    help="The schema of the database, and how readings are stored.", no_args_is_help=True
)
command.command("chunk-interval")(run_chunk_interval)
command.command("compression")(run_compression)
command.command("retention")(run_retention)
_OTHER_LIBRARY: Final = (
    "the installed TimescaleDB is another version than the database's extension; as the first"
    " statement of a new session (psql -X): ALTER EXTENSION timescaledb UPDATE"
)


class OtherLibrary(DustError):  # noqa: N818  (named by what is wrong)
    """The package of TimescaleDB was upgraded and the extension in this database was not."""


@command.command("upgrade")
def run_upgrade(database: DatabaseUrl = None) -> None:
    """Bring the schema up to date; does nothing where it already is."""
    with database_errors():
        applied = upgrade(database_url(database), lambda text: typer.echo(text, err=True))
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@command.command("status")
def status(
    database: DatabaseUrl = None,
    *,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit 1 when migrations are pending, or newer than the software."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Say what the server is, what readings lie in, and what wants attention."""
    told, found = _look(database_url(database))
    if as_json:
        typer.echo(msgspec.json.encode(status_report.object_of(told, found)).decode())
    else:
        _print(told, found)
    if check and (told.pending or told.unknown):
        raise typer.Exit(1)


def _look(url: str) -> tuple[ServerStatus, list[Finding]]:
    try:
        with database_errors(), connect(url) as connection:
            told = read_status(connection)
            has_all = told.chunk_interval is not None and told.retention is not None
            reckoning = read_reckoning(connection) if has_all else None
    except errors.UndefinedFile as error:
        raise OtherLibrary(_OTHER_LIBRARY) from error
    return told, findings(told, reckoning)


def _print(told: ServerStatus, found: list[Finding]) -> None:
    console = Console()
    if not console.is_terminal:
        typer.echo("\n".join(status_report.lines(told, found)))
        return
    console.print(status_report.table(told))
    for finding in found:
        console.print(f"[bold yellow]warning[/] {finding.what}", highlight=False)
        console.print(f"        {finding.do}", highlight=False, markup=False)


if __name__ == "__main__":
    command()
