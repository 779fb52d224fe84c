"""`dust drift`: gain and offset of a station against another over the last days; an alarm only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec
import typer
from rich.console import Console

from dust.calibration.arrays import floats
from dust.calibration.drift import DriftThresholds, drift
from dust.clock import SystemClock
from dust.errors import BadInput
from dust.given_times import given_end, given_start
from dust.periods import Period, hour_of
from dust.pollutants import Pollutant
from dust.storage.connection import connect
from dust.storage.database_option import DatabaseUrl, database_url
from dust.storage.drift_report import (
    MEANING,
    AskedDrift,
    FoundDrift,
    heading,
    object_of,
    sentence,
    table_of,
)
from dust.storage.station_hours import station_hours
from dust.storage.station_zones import station_zone
from dust.storage.stored_colocation import whole_hours

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from psycopg import Connection

command = typer.Typer(rich_markup_mode=None, add_completion=False)
ALARM: Final = 3
"""The exit code; 1 and 2 are those of every command."""
_DAYS: Final = 14
_MOST_DAYS: Final = 3660  # every hour begins a window, and each is reckoned from its values
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_WINDOW_H: Final = DriftThresholds().window_h
_DAY: Final = "a day of the station (2024-03-01) or an instant with its offset"


class GivenSpan(NamedTuple):
    """As on the command line; None is the default."""

    start: str | None = None
    end: str | None = None
    days: int | None = None


@command.command()
def tell_drift(  # noqa: PLR0913, PLR0917  (one parameter for each option of the command)
    station: Annotated[str, typer.Argument(help="The code of the station that is watched.")],
    against: Annotated[
        str, typer.Option(help="The code of the reference, or of a station that sees like air.")
    ],
    pollutant: Annotated[Pollutant, typer.Option(help="pm25 or pm10.")] = Pollutant.PM25,
    days: Annotated[
        int | None, typer.Option(help=f"Days before the end (default: {_DAYS}).")
    ] = None,
    window_h: Annotated[int, typer.Option(help="Hours of a window.")] = _WINDOW_H,
    start: Annotated[
        str | None, typer.Option("--from", help=f"Beginning, instead of --days: {_DAY}.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help=f"End; a day is the last one: {_DAY} (default: now).")
    ] = None,
    database: DatabaseUrl = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Gain and offset of a station's hours against another's, in running windows.

    An alarm only: nothing is corrected, and nothing is stored. Exit codes: 0 no alarm in the
    newest window, 3 an alarm in it, 1 failed, 2 wrong use.
    """
    limits = DriftThresholds(window_h=window_h)
    _check(station, against, pollutant)
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    with connect(database_url(database)) as connection:
        zone = station_zone(connection, station)
        station_zone(connection, against, "against")
        span = span_asked(GivenSpan(start, end, days), zone, now)
        asked = AskedDrift(station, against, pollutant, span, zone, limits)
        found = _find(connection, asked)
    _print(asked, found, as_json=as_json)
    if found.windows[-1].alarms:
        raise typer.Exit(ALARM)


def span_asked(given: GivenSpan, zone: ZoneInfo, now: datetime) -> Period:
    """The whole hours that are asked for, none of them still open.

    Raises `BadInput` with `from`, `to` or `days`.
    """
    end = now if given.end is None else min(now, given_end("to", given.end, zone))
    start = _start(given, zone, end)
    if end - start > timedelta(days=_MOST_DAYS):
        raise BadInput("from", given.start, f"at most {_MOST_DAYS} days before the end")
    hours = whole_hours(start, end)
    if hours.end <= hours.start:
        raise BadInput("from", given.start, f"an hour or more before the end ({end.isoformat()})")
    return hours


def _start(given: GivenSpan, zone: ZoneInfo, end: datetime) -> datetime:
    if given.start is not None and given.days is not None:
        raise BadInput("days", given.days, f"nothing beside `from` ({given.start})")
    if given.start is not None:
        return given_start("from", given.start, zone)
    days = _DAYS if given.days is None else given.days
    most = min(_MOST_DAYS, (end - _FIRST).days)
    if not 1 <= days <= most:
        raise BadInput("days", days, f"1 to {most}")
    return hour_of(end).start - timedelta(days=days)


def _check(station: str, against: str, pollutant: Pollutant) -> None:
    if against == station:
        raise BadInput("against", against, f"another station than {station}")
    if pollutant not in {Pollutant.PM25, Pollutant.PM10}:
        raise BadInput("pollutant", str(pollutant), "pm25 or pm10")


def _find(connection: Connection, asked: AskedDrift) -> FoundDrift:
    told = station_hours(connection, asked.station, asked.pollutant, asked.span)
    beside = station_hours(connection, asked.against, asked.pollutant, asked.span)
    starts = asked.span.hours()
    windows = drift(
        floats(map(told.get, starts)), floats(map(beside.get, starts)), asked.thresholds
    )
    n_common = len(told.keys() & beside.keys())
    if not n_common:
        raise BadInput("against", asked.against, _in_common(asked, len(told), len(beside)))
    return FoundDrift(windows, len(told), len(beside), n_common)


def _in_common(asked: AskedDrift, n_told: int, n_beside: int) -> str:
    return (
        f"a station with complete hours of {asked.pollutant} in common with {asked.station}"
        f" from {asked.span.start.isoformat()} to {asked.span.end.isoformat()}:"
        f" {asked.station} has {n_told} hours, {asked.against} {n_beside}, none in common"
    )


def _print(asked: AskedDrift, found: FoundDrift, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(object_of(asked, found)).decode())
        return
    typer.echo(heading(asked, found))
    Console().print(table_of(asked, found))
    typer.echo(sentence(asked, found.windows[-1]))
    typer.echo(MEANING)


if __name__ == "__main__":
    command()
