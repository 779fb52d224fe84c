"""`dust corrections`: the corrections of sensors and models, listed, added, withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from dust.corrections import Correction, Formula, check, decimal_coefficients
from dust.errors import BadInput
from dust.given_times import given_span, given_start
from dust.pollutants import Pollutant  # noqa: TC001  (Typer reads annotations at run time)
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.station_zones import sensor_zone
from dust.storage.stored_corrections import (
    Marked,
    NewCorrection,
    Standing,
    StoredCorrection,
    add_once,
    sensor_model,
    stored_corrections,
    withdraw,
)

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

command = typer.Typer(help="How raw values become told ones.", no_args_is_help=True)
_UTC: Final = ZoneInfo("UTC")
_PIPE_WIDTH: Final = 200


@command.command("list")
def list_corrections(
    database: DatabaseUrl = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Withdrawn corrections, too.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON array, evidence included.")
    ] = False,
) -> None:
    """Every correction that is not withdrawn."""
    with connect(database_url(database)) as connection:
        stored = stored_corrections(connection)
        zone = sensor_zone(connection, None) or _UTC
    shown = [each for each in stored if everything or each.withdrawn_at is None]
    if as_json:
        typer.echo(msgspec.json.encode([_object_of(each) for each in shown]).decode())
    elif shown:
        console = Console()
        if not console.is_terminal:  # a pipe has no width to keep to: rows stay whole
            console = Console(width=_PIPE_WIDTH)
        console.print(_table_of(shown, zone))
    else:
        typer.echo("no correction: told values are the raw ones")


@command.command("add")
def add_correction(  # noqa: PLR0913, PLR0917  (one parameter for each option of the command)
    pollutant: Annotated[Pollutant, typer.Option(help="pm1, pm25, pm10 or tsp.")],
    formula: Annotated[Formula, typer.Option(help="How a value is corrected.")],
    start: Annotated[str, typer.Option("--from", help="A local day or an instant with offset.")],
    end: Annotated[
        str | None, typer.Option("--to", help="The same; a day is the last one (default: open).")
    ] = None,
    sensor: Annotated[str | None, typer.Option(help="The code of one sensor.")] = None,
    model: Annotated[str | None, typer.Option(help="Or a model: all of its sensors.")] = None,
    coefficient: Annotated[
        list[str] | None, typer.Option(help="name=value, once for each that the formula takes.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why: for whoever reads this later.")] = "",
    database: DatabaseUrl = None,
) -> None:
    """Record a correction; the hours that it touches are made again.

    Where the same stands already, its number is told and nothing is added.
    """
    coefficients = decimal_coefficients(_pairs(coefficient or []))
    check(pollutant, formula, coefficients)
    with connect(database_url(database)) as connection:
        valid_from, valid_to = _span(start, end, _zone(connection, sensor))
        new = NewCorrection(
            pollutant,
            formula,
            coefficients,
            valid_from,
            valid_to,
            sensor=sensor,
            model=model,
            note=note,
        )
        typer.echo(told_of(add_once(connection, new), "added"))


@command.command("withdraw")
def withdraw_correction(
    correction: Annotated[int, typer.Argument(help="The number that `list` shows.")],
    database: DatabaseUrl = None,
) -> None:
    """Withdraw a correction; it stays recorded, and the hours that it touched are made again."""
    with connect(database_url(database)) as connection:
        typer.echo(told_of(withdraw(connection, correction), "withdrawn"))


def told_of(change: Marked | Standing, what: str) -> str:
    """What became of a correction that was `what`: added, withdrawn."""
    number = change.correction_id
    if isinstance(change, Marked):
        return f"correction {number} {what}; {change.n_hours} hours will be made again"
    told = f"correction {number} says the same and stands already; nothing was {what}"
    if change.preferred:
        newer = ", ".join(map(str, change.preferred))
        told += f" (newer ones go before it in a part of its span: {newer})"
    return told


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name or name in pairs:
            raise BadInput("coefficient", text, "name=value, each name once")
        pairs[name] = value
    return pairs


def _zone(connection: Connection, sensor: str | None) -> ZoneInfo | None:
    if sensor is not None:
        sensor_model(connection, sensor)  # unknown: told as such, not by its zone
    return sensor_zone(connection, sensor)


def _span(start: str, end: str | None, zone: ZoneInfo | None) -> tuple[datetime, datetime | None]:
    """From and to; a day is refused where stations of several zones may be meant."""
    for field, text in (("from", start), ("to", end)):
        if zone is None and text is not None and "T" not in text.upper():
            allowed = "an instant with its offset: the stations meant are in several time zones"
            raise BadInput(field, text, allowed)
    if end is None:
        return given_start("from", start, zone or _UTC), None
    span = given_span(start, end, zone or _UTC)
    return span.start, span.end


def _table_of(shown: list[StoredCorrection], zone: ZoneInfo) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption=f"times: {zone.key}")
    table.caption_justify = "left"
    for head in ("no.", "of", "", "formula", "from", "to", "class", "note"):
        table.add_column(head, overflow="fold")
    for each in shown:
        correction = each.correction
        gone = _at(each.withdrawn_at, zone)
        table.add_row(
            str(correction.correction_id),
            each.sensor or f"model {each.model}",
            str(correction.pollutant),
            _formula_told(correction),
            _at(correction.valid_from, zone),
            _at(correction.valid_to, zone) or "open",
            str(correction.claim_class or "-"),
            "; ".join(filter(None, (gone and f"withdrawn {gone}", each.note))),
        )
    return table


def _formula_told(correction: Correction) -> str:
    numbers = (f"{name}={value}" for name, value in correction.coefficients.items())
    return " ".join((correction.formula, *numbers))


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _object_of(each: StoredCorrection) -> dict[str, Any]:
    correction = each.correction
    return {
        "correction_id": correction.correction_id,
        "sensor": each.sensor,
        "model": each.model,
        "pollutant": correction.pollutant,
        "formula": correction.formula,
        "coefficients": dict(correction.coefficients),
        "valid_from": correction.valid_from,
        "valid_to": correction.valid_to,
        "claim_class": correction.claim_class,
        "note": each.note,
        "evidence": each.evidence,
        "recorded_at": each.recorded_at,
        "withdrawn_at": each.withdrawn_at,
    }


if __name__ == "__main__":
    command()
