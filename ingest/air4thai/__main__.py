"""`dust import air4thai`: hourly history of the reference station becomes readings of a sensor."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import track

from dust.clock import SystemClock
from dust.errors import BadInput, DustError
from dust.storage.database_option import DatabaseUrl, database_url
from ingest.air4thai.importing import Import, Item, Wanted
from ingest.air4thai.page_format import PageFormat
from ingest.air4thai.service import is_address
from ingest.air4thai.spans import Days

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

command = typer.Typer(help="Hourly history of the reference station (PCD Air4Thai).")

_DATES: Final = ["%Y-%m-%d"]
Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, or the service's address (https://air4thai.pcd.go.th)."),
]
Sensor = Annotated[str, typer.Option(help="Code of the sensor (model air4thai) in the network.")]
Format = Annotated[
    PageFormat | None,
    typer.Option("--format", help="Format of pages whose shape or address does not tell it."),
]
ArchiveFolder = Annotated[
    Path | None, typer.Option(help="Keep each fetched page here; alone: import what is here.")
]
CaFile = Annotated[
    Path | None, typer.Option(help="Further certificate authorities (PEM) beside the usual ones.")
]
First = Annotated[
    datetime | None, typer.Option("--from", formats=_DATES, help="First local day of the hours.")
]
Last = Annotated[
    datetime | None, typer.Option("--to", formats=_DATES, help="Last local day of the hours.")
]
StationId = Annotated[str, typer.Option(help="The station's identifier at the service.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Take over, or withdraw, hours stored in the wrong format."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and compare, write nothing.")]


@command.command("air4thai")
def import_air4thai(  # noqa: PLR0913  (options of a command)
    *,
    sources: Sources = None,
    sensor: Sensor,
    page_format: Format = None,
    archive: ArchiveFolder = None,
    ca_file: CaFile = None,
    first: First = None,
    last: Last = None,
    station_id: StationId = "24t",
    database: DatabaseUrl = None,
    as_json: AsJson = False,
    replace: Replace = False,
    dry_run: DryRun = False,
) -> None:
    """Store the hours as readings; what is stored already is revised or left alone.

    Exit codes: 0 done, 1 a page or an hour was refused or the service failed, 2 wrong use.
    """
    wanted = Wanted(
        _sources(sources or [], archive),
        sensor,
        _checked_station(station_id),
        page_format,
        _days(first, last),
        archive,
        ca_file,
        dry_run,
        replace,
    )
    work = Import(wanted, database_url(database), SystemClock(), progress=_progress)
    try:
        work.run()
    except DustError:
        if work.summary.pages:
            _tell(work, as_json=as_json)
        raise
    _tell(work, as_json=as_json)
    if work.summary.refused_pages or work.summary.refused_hours:
        raise typer.Exit(1)


def _sources(given: list[str], archive: Path | None) -> tuple[str, ...]:
    if not given and archive is not None:
        return (str(archive),)
    if not given:
        raise BadInput("SOURCE", "", "files, folders or an address; or --archive with a folder")
    is_asked = any(is_address(one) for one in given)
    if archive is not None and not is_asked and [archive] != [Path(one) for one in given]:
        raise BadInput("--archive", str(archive), "for pages fetched from an address")
    return tuple(given)


def _checked_station(station_id: str) -> str:
    if not (station_id.isascii() and station_id.isalnum() and len(station_id) <= 16):  # noqa: PLR2004  (the longest known has seven)
        raise BadInput("--station-id", station_id, "letters and digits, such as 24t")
    return station_id


def _days(first: datetime | None, last: datetime | None) -> Days:
    days = Days(_date(first), _date(last))
    if days.first and days.last and days.last < days.first:
        raise BadInput("--to", str(days.last), f"a day not before --from ({days.first})")
    return days


def _date(given: datetime | None) -> date | None:
    return given.date() if given else None


def _progress(items: Sequence[Item], /) -> Iterable[Item]:
    """A bar on a terminal, on standard error, so that the summary stays alone."""
    console = Console(stderr=True)
    return track(items, "pages", console=console, disable=not console.is_terminal)


def _tell(work: Import, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(work.summary.as_json(), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(work.summary.lines()))


if __name__ == "__main__":
    command()
