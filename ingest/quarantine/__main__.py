"""`dust quarantine`: what was refused, listed, shown, replayed, discarded."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dust.clock import SystemClock
from dust.given_times import given_start
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.station_zones import sensor_zone
from ingest.decoding import Decoder
from ingest.foreign.sources import foreign_sources
from ingest.quarantine.discarding import discard, restore
from ingest.quarantine.messages import RowDecoder
from ingest.quarantine.replay import Replay, ReplayResult
from ingest.quarantine.rows import Choice, check_choice, count_waiting, groups, one_row
from ingest.quarantine.telling import groups_table, result_line, row_lines, row_object
from ingest.registry import Registry
from ingest.settings import IngestSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

command = typer.Typer(help="What was refused, and why.", no_args_is_help=True)
_PIPE_WIDTH: Final = 200
_UTC: Final = ZoneInfo("UTC")

Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Only this reason; may be repeated.")
]
Gateways = Annotated[
    list[str] | None, typer.Option("--gateway", help="Only this gateway; may be repeated.")
]
Sensors = Annotated[
    list[str] | None, typer.Option("--sensor", help="Only this sensor; may be repeated.")
]
Ids = Annotated[list[int] | None, typer.Option("--id", help="Only this row; may be repeated.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only what came on this local day or later.")
]


@command.command("list")
def list_rows(  # noqa: PLR0913  (one parameter for each option of the command)
    *,
    reason: Reasons = None,
    gateway: Gateways = None,
    sensor: Sensors = None,
    since: Since = None,
    everything: Annotated[
        bool, typer.Option("--all", help="What was stored since or discarded, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array only.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """What waits in quarantine, by reason, gateway and sensor."""
    with connect(database_url(database)) as connection:
        zone = _zone(connection)
        choice = _choice(connection, reason, gateway, sensor, None, since)
        found = groups(connection, choice, everything=everything)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    elif found:
        console = Console()
        if not console.is_terminal:  # a pipe has no width to keep to: rows stay whole
            console = Console(width=_PIPE_WIDTH)
        console.print(groups_table(found, zone))
    else:
        typer.echo("nothing waits in quarantine")


@command.command("show")
def show_row(
    quarantine_id: Annotated[int, typer.Argument(metavar="ID", help="The number of a row.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """All of one row: the payload as it came, the field, its value and what is allowed."""
    with connect(database_url(database)) as connection:
        row = one_row(connection, quarantine_id)
        zone = _zone(connection)
    if as_json:
        typer.echo(msgspec.json.encode(row_object(row)).decode())
    else:
        typer.echo("\n".join(row_lines(row, zone)))


@command.command("replay")
def replay_rows(  # noqa: PLR0913  (the same)
    *,
    reason: Reasons = None,
    gateway: Gateways = None,
    sensor: Sensors = None,
    row: Ids = None,
    since: Since = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each, and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Take rows in again, as if they came now; ingest may run meanwhile.

    What can be stored now is, and what follows from it; the rest stays, with the reason of today.
    Stopping the command loses nothing.
    """
    replay = _replay()
    result = ReplayResult()
    with connect(database_url(database)) as connection:
        choice = _choice(connection, reason, gateway, sensor, row, since)
        n_waiting = count_waiting(connection, choice)
        with _progress(n_waiting, as_json=as_json) as say:
            for done in replay.run(connection, choice, is_dry=dry_run):
                result.add(done)
                say(result.rows)
    if as_json:
        typer.echo(msgspec.json.encode(result).decode())
    else:
        typer.echo(result_line(result, n_waiting, is_dry=dry_run))


@command.command("discard")
def discard_rows(  # noqa: PLR0913  (the same)
    *,
    because: Annotated[str, typer.Option(help="Why nobody will need these rows.")],
    reason: Reasons = None,
    gateway: Gateways = None,
    sensor: Sensors = None,
    row: Ids = None,
    since: Since = None,
    database: DatabaseUrl = None,
) -> None:
    """Set rows aside for good, with the reason; they stay recorded and can be restored."""
    with connect(database_url(database)) as connection:
        choice = _choice(connection, reason, gateway, sensor, row, since)
        typer.echo(f"{discard(connection, choice, because)} rows discarded")


@command.command("restore")
def restore_rows(
    *,
    reason: Reasons = None,
    gateway: Gateways = None,
    sensor: Sensors = None,
    row: Ids = None,
    since: Since = None,
    database: DatabaseUrl = None,
) -> None:
    """Let discarded rows wait again."""
    with connect(database_url(database)) as connection:
        choice = _choice(connection, reason, gateway, sensor, row, since)
        typer.echo(f"{restore(connection, choice)} rows wait again")


def _choice(
    connection: Connection,
    reasons: list[str] | None,
    gateways: list[str] | None,
    sensors: list[str] | None,
    ids: list[int] | None,
    since: str | None,
) -> Choice:
    start = None if since is None else given_start("since", since, _zone(connection))
    return check_choice(
        Choice(reasons or None, gateways or None, sensors or None, ids or None, start)
    )


def _zone(connection: Connection) -> ZoneInfo:
    return sensor_zone(connection, None) or _UTC


def _replay() -> Replay:
    try:
        settings = IngestSettings()
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    clock, tolerance_s = SystemClock(), settings.ingest.ahead_tolerance_s
    foreign = foreign_sources(settings.ingest.devices_file, tolerance_s)
    decoder = RowDecoder(Decoder(tolerance_s), foreign)
    return Replay(decoder, Registry(clock), clock)


@contextmanager
def _progress(total: int, *, as_json: bool) -> Iterator[Callable[[int], None]]:
    """On a terminal a bar of the rows done; quiet elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    shown = console.is_terminal and not as_json
    with Progress(*columns, console=console, disable=not shown, transient=True) as bar:
        task = bar.add_task("rows", total=total)
        yield lambda done: bar.update(task, completed=done)


if __name__ == "__main__":
    command()
