"""`dust db chunk-interval`: the arithmetic of how long a chunk should be, and setting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from dust.storage.amounts import length
from dust.storage.chunk_interval import advise, arithmetic
from dust.storage.chunks import NoHypertable, chunk_interval, read_reckoning, set_chunk_interval
from dust.storage.connection import connect, database_errors
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.migrations import refuse_older
from dust.storage.timescale import CHUNK_INTERVAL

if TYPE_CHECKING:
    from dust.storage.chunk_interval import Advice


def run_chunk_interval(
    sensors: Annotated[
        int | None, typer.Option(min=1, help="Reckon with so many sensors (default: the deployed).")
    ] = None,
    sampling_interval: Annotated[
        float | None, typer.Option(min=0.1, help="And with a reading every so many seconds.")
    ] = None,
    database: DatabaseUrl = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Set it, for chunks that are made from now on.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Say how long a chunk should be, and why; --apply sets it. A plain table has no chunks."""
    with connect(database_url(database)) as connection, database_errors():
        refuse_older(connection)
        set_now = chunk_interval(connection)
        found = read_reckoning(connection, sensors, sampling_interval)
        advice = advise(found, set_now or CHUNK_INTERVAL)
        if apply and set_now is None:
            raise NoHypertable("readings is a plain table: it has no chunks, nothing can be set")
        if apply and advice.is_change:
            set_chunk_interval(connection, advice.advised)
    lines = arithmetic(found, advice)
    if as_json:
        typer.echo(msgspec.json.encode(_object(advice, lines, is_set=apply)).decode())
        return
    typer.echo("\n".join([*lines, _verdict(advice, is_hypertable=set_now is not None, done=apply)]))


def _verdict(advice: Advice, *, is_hypertable: bool, done: bool) -> str:
    if not is_hypertable:
        return f"readings is a plain table: chunks of {length(advice.advised)} would fit"
    if not advice.is_change:
        return f"{length(advice.current)} fits: nothing to change"
    change = f"from {length(advice.current)} to {length(advice.advised)}"
    if done:
        return f"set {change}, for chunks that are made from now on"
    return f"would change {change}, for new chunks only; --apply does it"


def _object(advice: Advice, lines: list[str], *, is_set: bool) -> dict[str, Any]:
    return {
        "current": advice.current,
        "advised": advice.advised,
        "longest": advice.longest,
        "shortest": advice.shortest,
        "applied": is_set and advice.is_change,
        "arithmetic": lines,
    }
