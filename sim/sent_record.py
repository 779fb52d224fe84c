"""The sent record: every frame that must count, as a CSV of sensor, instant and levels.

A frame is entered once its port's reader has taken it. pm1 is empty where the model has none.
"""

from __future__ import annotations

import csv
import os
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from dust.errors import BadFile
from sim.oracle import SentFrame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = ("sensor", "t_ms", "pm1", "pm25", "pm10")


class SentRecord:
    """Writes the record; lines wait in memory until `flush`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(",".join(HEADER) + "\n")
        self._waiting: list[str] = []

    def add(self, sensor_id: str, instant_ms: int, levels: str) -> None:
        """Enters one frame; `levels` is its `pm1,pm25,pm10`."""
        self._waiting.append(f"{sensor_id},{instant_ms},{levels}\n")

    def flush(self) -> None:
        self._file.write("".join(self._waiting))
        self._file.flush()
        self._waiting.clear()

    def save(self) -> None:
        """Flushes, and waits until the machine's disk holds it."""
        self.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self.save()
        self._file.close()


def read_sent(path: Path) -> Iterator[SentFrame]:
    """Reads a record line by line.

    Raises:
        BadFile: A line does not have the record's form; names its line number.
    """
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        header = tuple(next(lines, ()))
        if header != HEADER:
            raise BadFile(path, "header", ",".join(header), ",".join(HEADER))
        for number, line in enumerate(lines, start=2):
            yield _frame(path, number, line)


def _frame(path: Path, number: int, line: list[str]) -> SentFrame:
    try:
        sensor, t_ms, *levels = line
        pm1, pm25, pm10 = (Decimal(level) if level else None for level in levels)
        return SentFrame(sensor, int(t_ms), pm1, pm25, pm10)
    except (ValueError, InvalidOperation) as error:
        allowed = f"five fields {','.join(HEADER)}, numbers from the second on"
        raise BadFile(path, f"line {number}", ",".join(line), allowed) from error
