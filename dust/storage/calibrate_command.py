"""`dust calibrate`: a sensor beside a reference, assessed, and the correction that it proposes."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from getpass import getuser
from importlib.metadata import version
from pathlib import Path  # noqa: TC003  (Typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dust.calibration.assessment import Assessment, assess
from dust.calibration.figure import Labels, check_drawing, draw
from dust.calibration.figure_texts import Language
from dust.calibration.targets import targets_for
from dust.claims import ClaimClass, claims_of, claims_table
from dust.corrections import Formula
from dust.errors import DustError
from dust.given_times import given_end, given_span, given_start
from dust.pollutants import Pollutant
from dust.storage.calibration_report import conclusion, heading, object_of, table_of
from dust.storage.connection import connect
from dust.storage.correction_command import told_of
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.station_zones import station_zone
from dust.storage.stored_colocation import Asked, Found, read_colocation, whole_hours
from dust.storage.stored_corrections import Marked, NewCorrection, Standing, add_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from psycopg import Connection

command = typer.Typer(help="Compare a sensor with a reference beside it; propose a correction.")
_DAY: Final = "a day of the station (2024-03-01) or an instant with its offset"
_SHOWN: Final = {Pollutant.PM25: "PM2.5", Pollutant.PM10: "PM10"}


class NothingToStore(DustError):  # noqa: N818  (named by what is wrong)
    """The co-location proposes no correction."""


class Calibrated(NamedTuple):
    """What was asked, what was found, what it is worth."""

    asked: Asked
    found: Found
    assessment: Assessment


class Validity(NamedTuple):
    """Of the correction, as given; None is the default."""

    start: str | None
    end: str | None


@command.callback(invoke_without_command=True)
def calibrate(  # noqa: PLR0913, PLR0917  (one parameter for each option of the command)
    sensor: Annotated[str, typer.Option(help="The code of the sensor that is assessed.")],
    reference: Annotated[str, typer.Option(help="The code of the reference station beside it.")],
    start: Annotated[str, typer.Option("--from", help=f"Beginning: {_DAY}.")],
    end: Annotated[str, typer.Option("--to", help=f"End; a day is the last one: {_DAY}.")],
    pollutant: Annotated[Pollutant, typer.Option(help="pm25 or pm10.")] = Pollutant.PM25,
    figure: Annotated[
        list[Path] | None, typer.Option(help="Draw to this .png or .svg; may be repeated.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Of the figure.")] = Language.EN,
    database: DatabaseUrl = None,
    valid_from: Annotated[
        str | None, typer.Option(help="Of the stored correction (default: the first paired hour).")
    ] = None,
    valid_to: Annotated[
        str | None, typer.Option(help="Of the stored correction (default: open).")
    ] = None,
    *,
    store: Annotated[bool, typer.Option("--store", help="Store the proposed correction.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Assess a co-location, raw, corrected and held out, against the targets of the US EPA."""
    figures = figure or []
    targets_for(pollutant)
    check_drawing(figures, language)
    validity = Validity(valid_from, valid_to)
    with connect(database_url(database)) as connection:
        zone = station_zone(connection, reference, "reference")
        span = given_span(start, end, zone)
        asked = Asked(sensor, reference, pollutant, whole_hours(span.start, span.end), zone)
        _validity(asked, validity, span.start)  # refused before the work, not after it
        done = _assessed(connection, asked)
        _draw(done, figures, language)
        given = _as_given(asked, start, end, validity)
        stored = _store(connection, done, validity, given) if store else None
    if as_json:
        _print_object(done, stored)
    else:
        _print(done, stored, given, figures)


def _assessed(connection: Connection, asked: Asked) -> Calibrated:
    with _progress() as on_slice:
        found = read_colocation(connection, asked, on_slice)
    return Calibrated(
        asked, found, assess(found.colocation, asked.pollutant, found.rules.day_min_hours)
    )


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Shows the days of readings that were fetched; nothing when no terminal looks on."""
    console = Console(stderr=True)
    columns = (TextColumn("days"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("")
        yield lambda total: bar.update(task, total=total, advance=1)


def _draw(done: Calibrated, figures: list[Path], language: Language) -> None:
    asked, found, assessment = done
    shown = _SHOWN[asked.pollutant]
    claims = claims_of(claims_table().model(found.model))
    labels = Labels(
        asked.sensor,
        found.model,
        asked.reference,
        shown,
        asked.zone,
        language,
        is_reference=ClaimClass.REFERENCE in claims.values(),
    )
    for path in figures:
        draw(found.colocation, assessment, labels, path)


def _validity(
    asked: Asked, validity: Validity, first: datetime
) -> tuple[datetime, datetime | None]:
    """From the first paired hour, because the sensor was the same then; open at the end."""
    start, end = validity
    return (
        first if start is None else given_start("valid-from", start, asked.zone),
        None if end is None else given_end("valid-to", end, asked.zone),
    )


def _store(
    connection: Connection, done: Calibrated, validity: Validity, given: list[str]
) -> Marked | Standing:
    asked, found, assessment = done
    if assessment.proposal is None:
        raise NothingToStore("nothing to store: " + "; ".join(assessment.missing))
    start, end = _validity(asked, validity, found.colocation.starts[0])
    evidence = object_of(asked, found, assessment) | {
        "asked_by": _who(),
        "command": shlex.join([*given, "--store"]),
        "version": version("dust-watch"),
    }
    new = NewCorrection(
        asked.pollutant,
        Formula.LINEAR,
        assessment.proposal.coefficients,
        start,
        end,
        sensor=asked.sensor,
        claim_class=assessment.claim_class,
        evidence=evidence,
        note=f"co-location with {asked.reference}, {assessment.hours.n} hours",
    )
    return add_once(connection, new)


def _who() -> str:
    try:
        return getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "unknown"


def _as_given(asked: Asked, start: str, end: str, validity: Validity) -> list[str]:
    """The command again, without the database, whose address may hold a password."""
    given = ["dust", "calibrate", "--sensor", asked.sensor, "--reference", asked.reference]
    given += ["--from", start, "--to", end, "--pollutant", str(asked.pollutant)]
    for option, value in zip(("--valid-from", "--valid-to"), validity, strict=True):
        given += [] if value is None else [option, value]
    return given


def _print(
    done: Calibrated, stored: Marked | Standing | None, given: list[str], figures: list[Path]
) -> None:
    console = Console()
    typer.echo(heading(*done))
    for name in ("hours", "days"):
        console.print(table_of(done.assessment, name))
    typer.echo(conclusion(done.assessment))
    for path in figures:
        typer.echo(f"Drawn: {path}")
    if isinstance(stored, Standing):
        typer.echo(f"Nothing was stored: {told_of(stored, 'added')}.")
    elif stored is not None:
        typer.echo(
            f"Stored as correction {stored.correction_id};"
            f" {stored.n_hours} hours will be made again."
        )
    elif done.assessment.proposal is not None:
        typer.echo("Nothing was stored. This would store the proposed correction:")
        typer.echo("  " + shlex.join([*given, "--store"]))
    else:
        typer.echo("Nothing was stored, and there is nothing to store.")


def _print_object(done: Calibrated, stored: Marked | Standing | None) -> None:
    told: dict[str, Any] = object_of(*done) | {
        "stored": None if stored is None else stored._asdict()
    }
    typer.echo(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    command()
