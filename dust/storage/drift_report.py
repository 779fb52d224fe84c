"""What `dust drift` tells: for people as a table and sentences, for machines as one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from dust.calibration.drift import newest_of_days
from dust.periods import HOUR, local_day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from dust.calibration.drift import Drift, DriftThresholds
    from dust.periods import Period
    from dust.pollutants import Pollutant

_NOTHING: Final = "-"
MEANING: Final = (
    "An alarm does not mean that the instrument is off: in a network of PM10 sensors such drift"
    " went with what the particles are made of. Nothing is corrected, and no alarm does not mean"
    " that the numbers are right (docs/corrections.md)."
)


class AskedDrift(NamedTuple):
    """Which station against which, when, and when a drift is told."""

    station: str
    against: str
    pollutant: Pollutant
    span: Period
    zone: ZoneInfo
    thresholds: DriftThresholds


class FoundDrift(NamedTuple):
    """Every full window from the oldest to the newest, and how many hours they were made from."""

    windows: Sequence[Drift]
    n_station_hours: int
    n_against_hours: int
    n_common_hours: int


def heading(asked: AskedDrift, found: FoundDrift) -> str:
    """What was compared with what, over which span, in which windows."""
    limits = asked.thresholds
    each = f"({asked.station} {found.n_station_hours}, {asked.against} {found.n_against_hours})"
    span = f"{_local(asked, asked.span.start)} to {_local(asked, asked.span.end)}"
    return (
        f"{asked.station} against {asked.against}, {asked.pollutant}, hourly averages as told\n"
        f"{span} ({asked.zone.key})\n"
        f"{found.n_common_hours} common hours {each},"
        f" windows of {limits.window_h} h, {limits.least_hours} hours needed\n"
        f"{asked.against} ~ gain * {asked.station} + offset;"
        f" allowed: gain {limits.least_gain:g} to {limits.most_gain:g},"
        f" offset ±{limits.most_offset_ugm3:g} µg/m³"
    )


def table_of(asked: AskedDrift, found: FoundDrift) -> Table:
    """The newest window of each local day."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("day", no_wrap=True)
    for head in ("hours", "gain", "offset, µg/m³"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("alarms")
    for window in _newest_of_days(asked, found):
        table.add_row(*_cells(asked, window))
    return table


def sentence(asked: AskedDrift, newest: Drift) -> str:
    """The state in the newest window."""
    limits, estimate = asked.thresholds, newest.estimate
    span = f"in the {limits.window_h} h to {_local(asked, _end(asked, newest))}"
    if newest.n < limits.least_hours:
        return (
            f"Nothing can be said: {span} both have {newest.n} hours,"
            f" {limits.least_hours} are needed."
        )
    if estimate is None:
        return f"Nothing can be said: {span} {asked.station} told one and the same value."
    if newest.alarms:
        where = f"{asked.station} is out of bounds against {asked.against}"
        return f"Alarm: {span} {where}: {'; '.join(newest.alarms)}."
    return (
        f"No alarm: {span} gain {estimate.gain:.2f} and offset {estimate.offset:z.1f} µg/m³"
        f" are within their bounds ({newest.n} hours)."
    )


def object_of(asked: AskedDrift, found: FoundDrift) -> dict[str, Any]:
    """All of it as plain values."""
    limits, newest = asked.thresholds, found.windows[-1]
    return {
        "station": asked.station,
        "against": asked.against,
        "pollutant": str(asked.pollutant),
        "from": asked.span.start.isoformat(),
        "to": asked.span.end.isoformat(),
        "time_zone": asked.zone.key,
        "window_h": limits.window_h,
        "least_hours": limits.least_hours,
        "least_gain": limits.least_gain,
        "most_gain": limits.most_gain,
        "most_offset_ugm3": limits.most_offset_ugm3,
        "n_station_hours": found.n_station_hours,
        "n_against_hours": found.n_against_hours,
        "n_common_hours": found.n_common_hours,
        "n_windows": len(found.windows),
        "n_windows_with_alarm": sum(bool(window.alarms) for window in found.windows),
        "days": [_window_object(asked, window) for window in _newest_of_days(asked, found)],
        "newest": _window_object(asked, newest),
        "alarm": bool(newest.alarms),
        "state": sentence(asked, newest),
        "meaning": MEANING,
    }


def _newest_of_days(asked: AskedDrift, found: FoundDrift) -> list[Drift]:
    days = [local_day_of(start, asked.zone) for start in asked.span.hours()]
    return list(newest_of_days(found.windows, days).values())


def _window_object(asked: AskedDrift, window: Drift) -> dict[str, Any]:
    end = _end(asked, window)
    return {
        "local_day": _local_day(asked, window).isoformat(),
        "start": (end - asked.thresholds.window_h * HOUR).isoformat(),
        "end": end.isoformat(),
        "n_hours": window.n,
        "gain": None if window.estimate is None else window.estimate.gain,
        "offset_ugm3": None if window.estimate is None else window.estimate.offset,
        "alarms": list(window.alarms),
    }


def _cells(asked: AskedDrift, window: Drift) -> tuple[str, str, str, str, str]:
    estimate = window.estimate
    return (
        _local_day(asked, window).isoformat(),
        str(window.n),
        _NOTHING if estimate is None else f"{estimate.gain:.2f}",
        _NOTHING if estimate is None else f"{estimate.offset:z.1f}",
        "\n".join(window.alarms) or _NOTHING,
    )


def _end(asked: AskedDrift, window: Drift) -> datetime:
    return asked.span.start + (window.last_hour + 1) * HOUR


def _local_day(asked: AskedDrift, window: Drift) -> date:
    return local_day_of(_end(asked, window) - HOUR, asked.zone)


def _local(asked: AskedDrift, instant: datetime) -> str:
    """In the station's time; the end of a day is the midnight that begins the next one."""
    return f"{instant.astimezone(asked.zone):%Y-%m-%d %H:%M}"
