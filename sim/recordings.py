"""Recordings: what real sensors measured and what real sensors sent.

The hourly recording is a month beside a reference monitor in North Carolina, 2019 (USEPA
sensortoolkit, MIT, see data/LICENSE-colocation.txt). Hours that its file leaves out are gaps too:
they are put back as hours without a value, so that every row keeps its hour of the day.
"""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dust.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("ref_pm25_ugm3", "s1_pm25", "s2_pm25", "s3_pm25")
DATA = Path(__file__).parent / "data"

_DAY_H = 24

Levels = tuple[float | None, ...]


class Recording:
    """Hourly PM2.5 by column, from a local midnight on without a missing row."""

    def __init__(self, columns: Mapping[str, Levels]) -> None:
        self._columns = columns
        self.hours = len(columns[COLUMNS[0]])

    def levels_ugm3(self, column: str) -> Levels:
        return self._columns[column]

    def row(self, hour: int) -> int:
        """The row played in the hour-th hour; beyond the end the last whole days begin again."""
        if hour < self.hours:
            return hour
        round_h = self.hours // _DAY_H * _DAY_H
        return self.hours - round_h + (hour - self.hours) % round_h

    def first_row(self, history_hours: int, local_hour: int) -> int:
        """The row from which a history of so many hours ends near the end of the recording.

        Moved up, never down, to the next row that has the given local hour of the day.
        """
        earliest = max(0, self.hours - history_hours)
        return earliest + (local_hour - earliest) % _DAY_H


class CapturedItem(NamedTuple):
    """Bytes that a sensor sent, and the `pm1,pm25,pm10` of each frame in them that must count."""

    id: str
    data: bytes
    counted: tuple[str, ...]


def read_recording(path: Path = DATA / "colocation_nc_2019_hourly.csv") -> Recording:
    """Reads the hourly recording; its own local hours are kept as hours of the day.

    Raises:
        BadFile: The rows do not start at midnight or do not grow by whole hours.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hours = _hours_since_first(path, [row["hour_start_lst"] for row in rows])
    columns = {name: _column(path, name, rows, hours) for name in COLUMNS}
    return Recording(columns)


def read_captured(model: str, path: Path = DATA / "captured_frames.json") -> list[CapturedItem]:
    """Reads the captured items of one model, in the order of the file."""
    items = json.loads(path.read_text(encoding="utf-8"))["items"]
    return [
        CapturedItem(
            item["id"],
            bytes.fromhex(item["hex"]),
            tuple(",".join(map(_level_text, reading)) for reading in item["readings"]),
        )
        for item in items
        if item["model"] == model
    ]


def _hours_since_first(path: Path, stamps: list[str]) -> list[int]:
    moments = [datetime.fromisoformat(stamp) for stamp in stamps]
    if moments[0].hour != 0:
        raise BadFile(path, "hour_start_lst", stamps[0], "a first row at local midnight")
    hours = [(moment - moments[0]) // timedelta(hours=1) for moment in moments]
    for earlier, later, stamp in zip(hours, hours[1:], stamps[1:], strict=False):
        if later <= earlier:
            raise BadFile(path, "hour_start_lst", stamp, "an hour later than that of the row above")
    return hours


def _column(path: Path, name: str, rows: list[dict[str, str]], hours: list[int]) -> Levels:
    levels: list[float | None] = [None] * (hours[-1] + 1)
    for hour, row in zip(hours, rows, strict=True):
        levels[hour] = _level(path, name, row[name])
    return tuple(levels)


def _level(path: Path, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        level = float(text)
    except ValueError:
        level = -1.0
    if not 0 <= level <= 1000:  # noqa: PLR2004  (the sensors' documented range, ug/m3)
        raise BadFile(path, name, text, "empty or a number from 0 to 1000 ug/m3")
    return level


def _level_text(level: float | None) -> str:
    return "" if level is None else str(level)
