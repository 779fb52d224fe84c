"""`dust gaps`: was data lost?"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from dust.errors import BadInput
from dust.given_times import given_end, given_start
from dust.periods import Period
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from ingest.gaps.report import Asked, gap_report
from ingest.gaps.telling import print_report, report_object

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from psycopg import Connection

command = typer.Typer(help="Was data lost? Every hole with its cause.")
_DAYS: Final = 30
_PIPE_WIDTH: Final = 200
_ZONES: Final = "SELECT DISTINCT time_zone FROM stations ORDER BY time_zone"
_KNOWN: Final = {
    "gateway": """SELECT gateway FROM sensors UNION SELECT gateway FROM spools
      UNION SELECT gateway FROM gateway_status ORDER BY 1""",
    "sensor": "SELECT code FROM sensors ORDER BY 1",
    "station": "SELECT code FROM stations ORDER BY 1",
}


@command.callback(invoke_without_command=True)
def gaps(  # noqa: PLR0913  (one parameter for each option of the command)
    *,
    gateway: Annotated[
        list[str] | None, typer.Option(help="Only this gateway; may be repeated.")
    ] = None,
    sensor: Annotated[
        list[str] | None, typer.Option(help="Only this sensor; may be repeated.")
    ] = None,
    station: Annotated[
        list[str] | None, typer.Option(help="Only this station; may be repeated.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First local day or instant (default: 30 days ago)."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Last local day, included, or instant (default: now)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 when a reading is lost or a hole unexplained.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Say of every missing number and every span without readings why there is none.

    Numbers: a gateway numbers its readings without holes, so none can go unseen. Spans: of each
    deployed sensor, longer than three of its sampling intervals.
    """
    now = datetime.now(UTC)
    with connect(database_url(database)) as connection:
        asked = Asked(
            _known(connection, "gateway", gateway),
            _known(connection, "sensor", sensor),
            _known(connection, "station", station),
        )
        zone = _zone(connection)
        span = _span(start, end, zone, now)
        with _working(as_json=as_json):
            report = gap_report(connection, span, asked, now)
    if as_json:
        typer.echo(msgspec.json.encode(report_object(report)).decode())
    else:
        console = Console()
        if not console.is_terminal:  # a pipe has no width to keep to: rows stay whole
            console = Console(width=_PIPE_WIDTH)
        print_report(console, report, zone)
    if check and not report.is_lossless:
        raise typer.Exit(1)


def _working(*, as_json: bool) -> AbstractContextManager[object]:
    """On a terminal a sign that something is done: a month of many sensors takes seconds."""
    console = Console(stderr=True)
    shown = console.is_terminal and not as_json
    return console.status("looking along the readings") if shown else nullcontext()


def _known(connection: Connection, field: str, given: list[str] | None) -> list[str] | None:
    """The names given, each of which there must be."""
    if not given:
        return None
    known = [name for (name,) in connection.execute(_KNOWN[field].encode())]
    for name in given:
        if name not in known:
            raise BadInput(field, name, "one of " + (", ".join(known) or "none: there is none yet"))
    return given


def _zone(connection: Connection) -> ZoneInfo:
    """That of the stations where they are in one, else UTC."""
    zones = [zone for (zone,) in connection.execute(_ZONES)]
    return ZoneInfo(zones[0]) if len(zones) == 1 else ZoneInfo("UTC")


def _span(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Period:
    today = now.astimezone(zone).date()
    first = given_start("from", start or (today - timedelta(days=_DAYS)).isoformat(), zone)
    last = now if end is None else min(given_end("to", end, zone), now)
    if last <= first:
        field, text = ("from", start) if end is None else ("to", end)
        raise BadInput(field, text, "`from` before `to`, and both not after now")
    return Period(first, last)


if __name__ == "__main__":
    command()
