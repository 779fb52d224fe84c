"""Who has heard what a spool's life told, and holds the spool to it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from integration import spool_life

from firmware_bridge.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

PLACE = re.compile(rb'\{"sensor":"run-(\d+)","n":(\d+),')


class Witness:
    """Remembers which readings were told, and which of them may be gone."""

    def __init__(self) -> None:
        self.bodies: dict[int, bytes] = {}
        self.dated: set[int] = set()
        self.maybe_confirmed: set[int] = set()

    def hear(self, run: int, told: str) -> None:
        """All that a run told; a line that was cut off was not told."""
        mine: set[int] = set()
        for line in told.splitlines(keepends=True):
            word, *rest = line.split()
            if not line.endswith("\n") or word not in {"put", "confirm", "resolved"}:
                continue
            if word == "resolved":
                self.dated |= mine
                continue
            numbers = range(int(rest[0]), int(rest[1]) + 1)
            if word == "confirm":
                self.maybe_confirmed.update(numbers)
            else:
                self._take(run, numbers, dated=rest[2] == "dated")
                mine.update(numbers)

    def _take(self, run: int, numbers: range, *, dated: bool) -> None:
        again = [seq for seq in numbers if seq in self.bodies]
        assert [] == again, "a number was given twice"
        self.bodies.update((seq, spool_life.body(run, seq)) for seq in numbers)
        if dated:
            self.dated.update(numbers)

    def check(self, path: Path) -> None:
        """Raises where a reading is missing, a number was given twice, or the file is damaged."""
        with closing(Spool(path, boot="the witness's")) as spool:
            assert [] == spool.set_aside
            self._check_readings(spool)
            if spool.last_seq:
                assert spool.last_seq == spool.mark("last")
        with closing(sqlite3.connect(path)) as database:
            assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()

    def _check_readings(self, spool: Spool) -> None:
        rows = {row.seq: row for row in spool.after(0, 10**6)}
        ranges = spool.dropped_ranges(10**6)
        dropped = {seq for first, last in ranges for seq in range(first, last + 1)}
        there = set(rows)

        assert (len(rows), 0, len(dropped)) == (spool.depth, spool.held, spool.dropped)
        assert set() == there & dropped
        assert set() == set(self.bodies) - there - dropped - self.maybe_confirmed
        assert set() == set(range(1, spool.last_seq + 1)) - there - dropped - self.maybe_confirmed
        assert max(self.bodies, default=0) <= spool.last_seq
        for seq, row in rows.items():
            match = PLACE.match(row.body)
            assert match is not None
            assert seq == int(match[2])
            assert self.bodies.get(seq, row.body) == row.body
            times = (
                {spool_life.EPOCH_MS + seq}
                if seq in self.dated
                else {spool_life.EPOCH_MS + seq, seq}
            )
            assert row.t_ms in times
