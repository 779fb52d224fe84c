"""`dust db retention`: how long readings are kept; what could be dropped, and dropping it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dust.errors import BadInput
from dust.storage.amounts import LENGTH, given_length, size
from dust.storage.capabilities import is_hypertable
from dust.storage.connection import connect, database_errors
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.migrations import refuse_older
from dust.storage.reading_drop import drop_readings
from dust.storage.reading_size import reading_size
from dust.storage.retention import (
    plan_retention,
    read_retention,
    sealed_before,
    set_retention,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from psycopg import Connection

    from dust.storage.retention import Plan, RetentionSettings

_FOR_EVER: Final = "all"


def run_retention(
    keep: Annotated[
        str | None,
        typer.Option(help=f"Keep readings so long: {LENGTH}; or {_FOR_EVER} (default: as set)."),
    ] = None,
    late_data: Annotated[
        str | None, typer.Option(help="How late readings may come (default: as set, 400 days).")
    ] = None,
    database: DatabaseUrl = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Set it, and drop what may go; else only say.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Drop raw readings that are old enough; averages and ledger stay as they were told.

    Only where every hour is made; the hours behind dropped readings can never be made again.
    """
    length = None if keep in {None, _FOR_EVER} else given_length("keep", str(keep))
    window = None if late_data is None else given_length("late_data", late_data)
    with connect(database_url(database)) as connection, database_errors():
        refuse_older(connection)
        settings = _asked(connection, keep, length, window, apply=apply)
        if settings.cut is None:
            _say_kept(connection, as_json=as_json)
            return
        plan, dropped = _work(connection, settings.cut, apply=apply, quiet=as_json)
        told = _object(connection, settings, plan, dropped)
    typer.echo(msgspec.json.encode(told).decode() if as_json else _words(told))


def _asked(
    connection: Connection,
    keep: str | None,
    length: str | None,
    window: str | None,
    *,
    apply: bool,
) -> RetentionSettings:
    """What would hold; it holds from now on only with `apply`, and only when it is allowed."""
    with connection.transaction(force_rollback=not apply):
        if keep is not None or window is not None:
            kept = length if keep is not None else read_retention(connection).keep
            set_retention(connection, kept, window)
        settings = read_retention(connection)
        if settings.is_too_short:
            allowed = f"{settings.late_data_window} or longer: so late readings may still come"
            raise BadInput("keep", settings.keep, f"{allowed} (--late-data, and spool_limits)")
    return settings


def _work(
    connection: Connection, cut: datetime, *, apply: bool, quiet: bool
) -> tuple[Plan, int | None]:
    hypertable = is_hypertable(connection)
    with _progress(quiet=quiet) as steps:
        plan = plan_retention(
            connection, cut, is_hypertable=hypertable, step=lambda n, of: steps("looking", n, of)
        )
        if not apply:
            return plan, None
        done = [0]

        def dropped_one(_piece: object) -> None:
            done[0] += 1
            steps("dropping", done[0], len(plan.pieces))

        dropped = drop_readings(
            connection,
            plan,
            is_hypertable=hypertable,
            say=lambda text: typer.echo(text, err=True),
            step=dropped_one,
        )
    return plan, dropped


def _object(
    connection: Connection, settings: RetentionSettings, plan: Plan, dropped: int | None
) -> dict[str, Any]:
    last = plan.pieces[-1].end if plan.pieces else None
    return {
        "keep": settings.keep,
        "late_data_window": settings.late_data_window,
        "cut": plan.cut,
        "pieces": len(plan.pieces),
        "from": plan.pieces[0].start if plan.pieces else None,
        "to": last,
        "readings": plan.n_readings,
        "unplaced": plan.n_unplaced,
        "bytes": round(plan.n_readings * reading_size(connection).total),
        "seals_before": None if last is None else last + plan.margin,
        "held_back": plan.held_back,
        "dropped": dropped,
        "sealed_before": sealed_before(connection),
    }


def _words(told: dict[str, Any]) -> str:
    lines = [
        (
            f"keep {told['keep']}: readings before {told['cut']:%Y-%m-%d %H:%M} UTC may go;"
            f" late ones may come for {told['late_data_window']}"
        )
    ]
    if told["pieces"]:
        verb = "may be dropped" if told["dropped"] is None else f"dropped {told['dropped']:,} of"
        lines += [
            (
                f"{verb}: {told['readings']:,} readings (about {size(told['bytes'])}) from"
                f" {told['from']:%Y-%m-%d} to {told['to']:%Y-%m-%d}, in {told['pieces']:,} pieces"
            ),
            (
                f"their averages and the ledger stay; hours before {told['seals_before']:%Y-%m-%d}"
                " are sealed: they can never be made again"
            ),
        ]
    elif not told["dropped"]:
        lines.append("nothing to drop")
    if told["unplaced"]:
        lines.append(
            f"{told['unplaced']:,} of them are of sensors that no station had then: nothing was"
            " made of them"
        )
    if told["held_back"]:
        lines.append(f"the rest stays: {told['held_back']}")
    if told["dropped"] is None:
        lines.append("nothing was changed; --apply sets and drops")
    return "\n".join(lines)


def _say_kept(connection: Connection, *, as_json: bool) -> None:
    told = {"keep": None, "sealed_before": sealed_before(connection)}
    typer.echo(msgspec.json.encode(told).decode() if as_json else "all readings are kept")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """On a terminal a bar of the pieces; quiet elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    shown = console.is_terminal and not quiet
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not shown, transient=True
    ) as bar:
        task = bar.add_task("looking", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )
