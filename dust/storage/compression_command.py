"""`dust db compression`: compress old chunks where the licence allows it, or say why not."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from dust.errors import DustError
from dust.storage.amounts import LENGTH, given_length
from dust.storage.capabilities import read_capabilities
from dust.storage.compression import apply_plan, plan_compression, read_wish
from dust.storage.connection import connect, database_errors
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.migrations import refuse_older
from dust.storage.retention import read_retention, set_retention

_NEVER: Final = "never"


class NotPossible(DustError):  # noqa: N818  (named by what is wrong)
    """This server cannot compress, or must not compress so early."""


def run_compression(
    after: Annotated[
        str, typer.Option(help=f"Compress chunks older than this: {LENGTH}; or {_NEVER}.")
    ],
    late_data: Annotated[
        str | None, typer.Option(help="How late readings may come (default: as set, 400 days).")
    ] = None,
    database: DatabaseUrl = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Do it; else only print the statements.")
    ] = False,
) -> None:
    """Have TimescaleDB's full edition compress chunks too old for any late reading."""
    age = None if after == _NEVER else given_length("after", after)
    window = None if late_data is None else given_length("late_data", late_data)
    with connect(database_url(database)) as connection, database_errors():
        refuse_older(connection)
        with connection.transaction(force_rollback=not apply):
            if window is not None:
                set_retention(connection, read_retention(connection).keep, window)
            plan = plan_compression(read_capabilities(connection), read_wish(connection, age))
            if plan.refusal is not None:
                raise NotPossible(f"compression is not possible: {plan.refusal}")
            if apply:
                apply_plan(connection, plan)
        typer.echo("\n".join(f"{each.as_string(connection)};" for each in plan.statements))
    typer.echo("done" if apply else "nothing was changed; --apply does it")
