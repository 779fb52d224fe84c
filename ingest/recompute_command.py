"""`dust recompute`: make a span's flags, averages and ledger again; say what is told otherwise."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dust.errors import BadInput
from dust.given_times import given_span
from dust.restatement import Reason
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.dirty_marks import mark_sensor_hours, mark_station_hours
from dust.storage.retention import sealed_before
from ingest.ledger import judge_dirty_days
from ingest.recompute import recompute_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg import Connection

    from dust.periods import Period

command = typer.Typer(help="Make a span's flags, averages and ledger again.")
_QUIET_S: Final = 30.0
_ROUNDS_AT_MOST: Final = 1000
_STATIONS: Final = "SELECT station_id, code, time_zone FROM stations ORDER BY code"
_SENSORS: Final = """
SELECT DISTINCT sensor_id FROM deployments WHERE station_id = ANY(%s::integer[])
"""
_WAITING: Final = """
SELECT (SELECT count(*) FROM dirty_hours WHERE reason = %(reason)s AND failed_at IS NULL)
  + (SELECT count(*) FROM dirty_station_hours WHERE reason = %(reason)s AND failed_at IS NULL)
"""
_NEWEST: Final = "SELECT coalesce(max(exceedance_id), 0) FROM exceedances"
_REVISIONS: Final = """
SELECT status, count(*) FROM exceedances WHERE exceedance_id > %s GROUP BY status ORDER BY status
"""


@command.callback(invoke_without_command=True)
def recompute(
    *,
    start: Annotated[str, typer.Option("--from", help="First day (2024-01-31) or instant.")],
    end: Annotated[str, typer.Option("--to", help="Last day, included, or instant.")],
    station: Annotated[
        list[str] | None, typer.Option(help="Only this station; may be repeated.")
    ] = None,
    reason: Annotated[
        Reason, typer.Option(help="Why, as restatements in the ledger will say.")
    ] = Reason.ASKED,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Judge readings again, make hours, days, months and years again, and judge the days.

    What comes out the same is left as it is. The service may run meanwhile; stopping the command
    loses nothing, what is marked is made by the service.
    """
    with connect(database_url(database)) as connection:
        stations = _stations(connection, station or [])
        span = given_span(start, end, stations[0][2])
        _tell_sealed(connection, span)
        before = _one(connection, _NEWEST)
        n_marked = _mark(connection, [key for key, _, _ in stations], span, reason)
        with _progress(n_marked, as_json=as_json) as say:
            n_hours, n_changed = _work(connection, reason, lambda left: say(n_marked - left))
        revisions: dict[str, int] = dict(connection.execute(_REVISIONS, (before,)).fetchall())
    figures = {"hours": n_hours, "averages_changed": n_changed, "revisions": revisions}
    typer.echo(msgspec.json.encode(figures).decode() if as_json else _words(figures))


def _tell_sealed(connection: Connection, span: Period) -> None:
    sealed = sealed_before(connection)
    if sealed is not None and span.start < sealed:
        told = f"hours before {sealed:%Y-%m-%d %H:%M} UTC keep what was told"
        typer.echo(f"{told}: their readings were dropped", err=True)


def _stations(connection: Connection, codes: Sequence[str]) -> list[tuple[int, str, ZoneInfo]]:
    known = [
        (key, code, ZoneInfo(zone)) for key, code, zone in connection.execute(_STATIONS.encode())
    ]
    for code in codes:
        if code not in {name for _, name, _ in known}:
            raise BadInput("station", code, "one of " + ", ".join(name for _, name, _ in known))
    wanted = [entry for entry in known if not codes or entry[1] in codes]
    if not wanted:
        raise BadInput("stations", "none", "a network that has been applied: dust network apply")
    return wanted


def _mark(connection: Connection, stations: list[int], span: Period, reason: Reason) -> int:
    sensors = [key for (key,) in connection.execute(_SENSORS, (stations,))]
    with connection.transaction():
        return mark_sensor_hours(
            connection, sensors, span.start, span.end, reason
        ) + mark_station_hours(connection, stations, span.start, span.end, reason)


def _work(connection: Connection, reason: Reason, say: Callable[[int], None]) -> tuple[int, int]:
    n_hours = n_changed = 0
    while done := recompute_once(connection, _QUIET_S, datetime.now(UTC)):
        n_hours += done.n_hours
        n_changed += done.n_changed
        say(_one(connection, _WAITING, {"reason": str(reason)}))
    for _ in range(_ROUNDS_AT_MOST):  # where readings keep coming, today is never done
        if not judge_dirty_days(connection, 0, datetime.now(UTC)).n_days:
            break
    return n_hours, n_changed


def _one(connection: Connection, query: str, parameters: dict[str, Any] | None = None) -> int:
    (value,) = connection.execute(query.encode(), parameters).fetchone() or (0,)
    return int(value)


def _words(figures: dict[str, Any]) -> str:
    revisions = ", ".join(f"{count} {status}" for status, count in figures["revisions"].items())
    return (
        f"{figures['hours']} hours made again, {figures['averages_changed']} averages told"
        f" otherwise, revisions in the ledger: {revisions or 'none'}"
    )


@contextmanager
def _progress(total: int, *, as_json: bool) -> Iterator[Callable[[int], None]]:
    """On a terminal a bar of the hours done; quiet elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("hours"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    shown = console.is_terminal and not as_json
    with Progress(*columns, console=console, disable=not shown, transient=True) as bar:
        task = bar.add_task("hours", total=total)
        yield lambda done: bar.update(task, completed=done)
