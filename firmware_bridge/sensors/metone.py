"""Met One BAM-1020: 9600 8N1, a header line and a record line of comma-separated text.

The columns' order differs between instruments, so it is always read from the header. Concentrations
are mg/m³ on the line and µg/m³ here; below zero is real. The stamp is the end of the hour. What is
measured (PM2.5 or PM10) hangs on the inlet and cannot be told from the bytes. `ESC QH` answers with
the header alone and `ESC Q` with the record alone (operation manual, custom query output).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import Decoded, SensorModel
from firmware_bridge.sensors.wind import number

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_LONGEST: Final = 512
_FULL_SCALE_MGM3: Final = 0.985
_FULL_SCALE: Final = "full scale"
_CONCENTRATION: Final = re.compile(r"conc\s*\(mg/m3\)", re.IGNORECASE)
_ALARMS: Final = frozenset("EUMILRNFPDCT")
_STAMP: Final = re.compile(r"(\d\d)/(\d\d)/(\d\d) +(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_LINES: Final = re.compile(rb"[^\n]*\n\s*[^\s][^\n]*\n")
_CENTURY: Final = 2000
_HOURS: Final = 24

HEADER: Final = b"\x1bQH\r"
"""Asks for the names of the columns."""
RECORD: Final = b"\x1bQ\r"
"""Asks for the last record; the instrument's own pointer to what was read does not move."""
LAST_RECORD: Final = HEADER + RECORD
"""Asks for both, for a look by hand."""
HOUR_S: Final = 3600
"""What a record stands for."""


class BamFormat(FrameFormat):
    """Two lines: the header, which begins with `Time,`, and one record; blank lines between.

    `with_alarms` lets records pass that have no value: an hour with an alarm was told all the same.
    """

    headers = (b"Time,",)
    reach = _LONGEST

    def __init__(self, *, with_alarms: bool = False) -> None:
        self._with_alarms = with_alarms

    def length(self, start: bytes) -> int | None:
        lines = _LINES.match(start)
        if lines is None and len(start) >= self.reach:
            raise FrameError("length", f"no second line within {self.reach} bytes")
        return lines.end() if lines else None

    def check(self, frame: bytes) -> None:
        columns, cells = _lines(frame)
        if len(columns) != len(cells):
            raise FrameError("length", f"{len(cells)} cells under {len(columns)} columns")
        if _stamp(cells[0]) is None:
            raise FrameError("header", f"{cells[0]!r} where a record's date and time stand")
        level = _level_mgm3(columns, cells)
        if level is None:
            raise FrameError("header", "no number under Conc (mg/m3)")
        raised = _raised(columns, cells, level)
        if raised and not self._with_alarms:
            raise FrameError("alarm", f"alarms {raised}")


def decode_bam1020(frame: bytes) -> Decoded:
    """The stamp as text (local, hour-ending), µg/m³, and every other column under its own name.

    A record with `alarms` has no value.
    """
    columns, cells = _lines(frame)
    level = _level_mgm3(columns, cells) or 0.0
    raised = _raised(columns, cells, level)
    others = {
        column: number(cell)
        for column, cell in zip(columns[1:], cells[1:], strict=True)
        if column not in _ALARMS and not _CONCENTRATION.fullmatch(column)
    }
    told: Decoded = {"alarms": raised} if raised else {"conc_ugm3": round(level * 1000, 3)}
    return {"hour_ending": cells[0]} | told | others


def end_of_hour_ms(decoded: Decoded, zone: ZoneInfo) -> int | None:
    """Epoch ms of the END of the hour that a record stands for, by the instrument's own clock."""
    stamp = _stamp(decoded.get("hour_ending", ""))
    return None if stamp is None else round(stamp.replace(tzinfo=zone).timestamp()) * 1000


def _stamp(text: str) -> datetime | None:
    """Month, day, year and time, with seconds or without; 24:00 is midnight of the next day."""
    shape = _STAMP.fullmatch(text)
    if shape is None:
        return None
    month, day, year, hour, minute, second = (int(part or 0) for part in shape.groups())
    days, hour = (1, 0) if (hour, minute, second) == (_HOURS, 0, 0) else (0, hour)
    try:
        stamp = datetime(_CENTURY + year, month, day, hour, minute, second)  # noqa: DTZ001  (its zone is configured)
    except ValueError:
        return None
    return stamp + timedelta(days=days)


def _lines(frame: bytes) -> tuple[list[str], list[str]]:
    lines = frame.decode("ascii", "replace").split("\n")
    header, record = lines[0], next((line for line in lines[1:] if line.strip()), "")
    return _cells(header), _cells(record)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().rstrip(",").split(",")]


def _level_mgm3(columns: list[str], cells: list[str]) -> float | None:
    pairs = zip(columns, cells, strict=True)
    return next((number(cell) for column, cell in pairs if _CONCENTRATION.fullmatch(column)), None)


def _raised(columns: list[str], cells: list[str], level_mgm3: float) -> str:
    """The letters of the alarms; the full scale stands for an error as well."""
    pairs = zip(columns, cells, strict=True)
    letters = "".join(column for column, cell in pairs if column in _ALARMS and cell != "0")
    return letters or (_FULL_SCALE if level_mgm3 >= _FULL_SCALE_MGM3 else "")


BAM1020: Final = SensorModel(
    identifier="bam1020",
    baud=9600,
    parity="N",
    frame_format=BamFormat(),
    decode=decode_bam1020,
    values={},
    answer_within_s=10,
    is_only_asked=True,
    options=frozenset({"asked", "inlet", "ask_after_s", "time_zone"}),
    own_time=end_of_hour_ms,
)
