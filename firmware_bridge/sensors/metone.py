"""Met One BAM-1020: 9600 8N1, a header line and a record line of comma-separated text.

The columns' order differs between instruments, so it is always read from the header. Concentrations
are mg/m³ on the line and µg/m³ here; below zero is real. The stamp is the end of the hour. What is
measured (PM2.5 or PM10) hangs on the inlet and cannot be told from the bytes.
"""

from __future__ import annotations

import re
from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import Decoded, SensorModel
from firmware_bridge.sensors.wind import number

_LONGEST: Final = 512
_FULL_SCALE_MGM3: Final = 0.985
_CONCENTRATION: Final = re.compile(r"conc\s*\(mg/m3\)", re.IGNORECASE)
_ALARMS: Final = frozenset("EUMILRNFPDCT")

LAST_RECORD: Final = b"\x1bQH\r"
"""Asks for the last record with its header."""


class BamFormat(FrameFormat):
    """Two lines: the header, which begins with `Time,`, and one record."""

    headers = (b"Time,",)
    reach = _LONGEST

    def length(self, start: bytes) -> int | None:
        end = start.find(b"\n", start.find(b"\n") + 1) if b"\n" in start else -1
        if end < 0 and len(start) >= self.reach:
            raise FrameError("length", f"no second line within {self.reach} bytes")
        return end + 1 if end >= 0 else None

    def check(self, frame: bytes) -> None:
        columns, cells = _lines(frame)
        if len(columns) != len(cells):
            raise FrameError("length", f"{len(cells)} cells under {len(columns)} columns")
        level = _level_mgm3(columns, cells)
        if level is None:
            raise FrameError("header", "no number under Conc (mg/m3)")
        if raised := _raised(columns, cells):
            raise FrameError("alarm", f"alarms {raised}")
        if level >= _FULL_SCALE_MGM3:
            raise FrameError("alarm", f"{level} mg/m3 is the full scale, which stands for an error")


def decode_bam1020(frame: bytes) -> Decoded:
    """The stamp as text (local, hour-ending), µg/m³, and every other column under its own name."""
    columns, cells = _lines(frame)
    level = _level_mgm3(columns, cells) or 0.0
    others = {
        column: number(cell)
        for column, cell in zip(columns[1:], cells[1:], strict=True)
        if column not in _ALARMS and not _CONCENTRATION.fullmatch(column)
    }
    return {"hour_ending": cells[0], "conc_ugm3": round(level * 1000, 3)} | others


def _lines(frame: bytes) -> tuple[list[str], list[str]]:
    header, record, _ = frame.decode("ascii", "replace").split("\n")
    return _cells(header), _cells(record)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().rstrip(",").split(",")]


def _level_mgm3(columns: list[str], cells: list[str]) -> float | None:
    pairs = zip(columns, cells, strict=True)
    return next((number(cell) for column, cell in pairs if _CONCENTRATION.fullmatch(column)), None)


def _raised(columns: list[str], cells: list[str]) -> str:
    pairs = zip(columns, cells, strict=True)
    return "".join(column for column, cell in pairs if column in _ALARMS and cell != "0")


BAM1020: Final = SensorModel(
    identifier="bam1020",
    baud=9600,
    parity="N",
    frame_format=BamFormat(),
    decode=decode_bam1020,
    values={},
)
