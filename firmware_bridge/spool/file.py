"""One file of a spool: what lies in it, and each change of it as one transaction.

Memory follows the file: a count changes only behind the COMMIT that it counts.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from firmware_bridge.spool.boot_spans import (
    LAST_NUMBER,
    NEVER_KNOWN_MS,
    BootSpan,
    spans_with,
    stretches,
)
from firmware_bridge.spool.entry import Row
from firmware_bridge.spool.schema import bring_up_to_date, check_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firmware_bridge.spool.database import Database
    from firmware_bridge.spool.entry import Entry

_DROPPED_RANGES_KEPT: Final = 1000

# Runs of consecutive numbers: within one, number less rank is the same.
_RUNS: Final = """
SELECT min(seq), max(seq), count(*) FROM
  (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM readings WHERE seq <= ?)
GROUP BY run ORDER BY run
"""


class SpoolFile:
    """Readings in the order in which they were made, numbered without holes from 1."""

    def __init__(self, database: Database, boot: str) -> None:
        check_version(database)  # before anything is written to a file that is not ours
        database.begin_use()
        bring_up_to_date(database)
        self.database = database
        self._give_up_other_boots(boot)
        self.id: str
        self.dropped: int
        self.id, self.dropped, given, gone = database.one(
            "SELECT id, dropped, last_seq, gone FROM spool"
        )
        (newest,) = database.one("SELECT coalesce(max(seq), 0) FROM readings")
        self.last_seq: int = max(given, newest)
        self.depth: int = self.last_seq - gone  # counting would read the whole file
        self._spans = [
            BootSpan(*row) for row in database.rows("SELECT * FROM boot_spans ORDER BY first_seq")
        ]
        self._offsets = {span.boot: span.offset_ms or 0 for span in self._spans if span.is_dated}
        self.held: int = self._count_held(LAST_NUMBER)

    def put(self, entries: Sequence[Entry], marks: Mapping[str, int]) -> None:
        """Commit readings and marks together; on the disk when this returns."""
        entries = [self._dated(entry) for entry in entries]
        first = self.last_seq + 1
        rows = [
            (seq, entry.since_boot_ms if entry.t_ms is None else entry.t_ms, entry.body)
            for seq, entry in enumerate(entries, first)
        ]
        spans = spans_with(self._spans, entries, first)
        with self.database.transaction():
            self.database.change_many(
                "INSERT INTO readings (seq, t_ms, body) VALUES (?, ?, ?)", rows
            )
            self.database.change_many("REPLACE INTO boot_spans VALUES (?, ?, ?, ?)", spans)
            self.database.change_many("REPLACE INTO marks VALUES (?, ?)", marks.items())
        self.last_seq += len(rows)
        self.depth += len(rows)
        self.held += sum(entry.t_ms is None for entry in entries)
        by_first = {span.first_seq: span for span in (*self._spans, *spans)}
        self._spans = list(by_first.values())

    def mark(self, name: str) -> int | None:
        found = self.database.rows("SELECT value FROM marks WHERE name = ?", (name,))
        return found[0][0] if found else None

    def after(self, seq: int, limit: int, upto: int) -> list[Row]:
        """The next readings behind `seq` that have their time, oldest first."""
        rows: list[Row] = []
        for stretch in stretches(self._spans, seq + 1, upto):
            found = self.database.rows(
                "SELECT seq, t_ms + ?, body FROM readings WHERE seq BETWEEN ? AND ?"
                " ORDER BY seq LIMIT ?",
                (stretch.offset_ms, stretch.first_seq, stretch.last_seq, limit - len(rows)),
            )
            rows += map(Row._make, found)
            if len(rows) >= limit:
                break
        return rows

    def resolve(self, boot: str, offset_ms: int) -> int:
        """Give the boot's readings their time, those to come as well; returns how many got it."""
        waiting = [span for span in self._spans if span.is_held and span.boot == boot]
        if waiting:
            with self.database.transaction():  # durable: after a restart the time is lost for good
                self.database.change(
                    "UPDATE boot_spans SET offset_ms = ? WHERE boot = ? AND offset_ms IS NULL",
                    (offset_ms, boot),
                )
        self._offsets[boot] = offset_ms
        self._spans = [
            span._replace(offset_ms=offset_ms) if span in waiting else span for span in self._spans
        ]
        was_held, self.held = self.held, self._count_held(LAST_NUMBER)
        return was_held - self.held

    def confirm(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Forget what a receipt covers; what is held was never sent and stays.

        Not durable by itself: a receipt that a power cut undoes comes again with its readings.
        """
        sent = [
            (stretch.first_seq, stretch.last_seq)
            for first, last in ranges
            for stretch in stretches(self._spans, first, last)
        ]
        with self.database.transaction(durable=False):
            gone = sum(
                self.database.change("DELETE FROM readings WHERE seq BETWEEN ? AND ?", closed)
                for closed in sent
            )
            if gone:
                self._remember_gone(gone)
        self.depth -= gone
        return gone

    def drop_upto(self, seq: int) -> int:
        """Give up the readings up to this number, and remember which they were."""
        held = self._count_held(seq)
        runs: list[tuple[int, int, int]] = self.database.rows(_RUNS, (seq,))
        gone = sum(count for _, _, count in runs)
        with self.database.transaction(durable=False):
            for first, last, _ in runs:
                self._remember_dropped(first, last)
            self.database.change(
                "DELETE FROM dropped WHERE first_seq <= (SELECT first_seq FROM dropped"
                " ORDER BY first_seq DESC LIMIT 1 OFFSET ?)",
                (_DROPPED_RANGES_KEPT,),
            )
            self.database.change("DELETE FROM readings WHERE seq <= ?", (seq,))
            self.database.change("UPDATE spool SET dropped = dropped + ?", (gone,))
            self._remember_gone(gone)
        self.depth -= gone
        self.dropped += gone
        self.held -= held
        return gone

    def dropped_ranges(self, limit: int) -> list[tuple[int, int]]:
        newest: list[tuple[int, int]] = self.database.rows(
            "SELECT first_seq, last_seq FROM dropped ORDER BY first_seq DESC LIMIT ?", (limit,)
        )
        return newest[::-1]

    def oldest(self, count: int) -> int | None:
        """The number of the oldest reading but `count` - 1, or of the newest."""
        (seq,) = self.database.one(
            "SELECT max(seq) FROM (SELECT seq FROM readings ORDER BY seq LIMIT ?)", (count,)
        )
        return None if seq is None else int(seq)

    def oldest_before(self, t_ms: int, count: int) -> int | None:
        """The newest number of the unbroken run of readings before this time, of at most `count`.

        The run begins with the oldest reading whose time is true; those before it without a true
        time were made before it.
        """
        for stretch in stretches(self._spans, 1, LAST_NUMBER):
            oldest = self.after(stretch.first_seq - 1, 1, stretch.last_seq)
            if not oldest or not stretch.is_dated:
                continue
            if oldest[0].t_ms >= t_ms:
                return None
            rows = self.after(stretch.first_seq - 1, count, stretch.last_seq)
            return [row.seq for row in takewhile(lambda row: row.t_ms < t_ms, rows)][-1]
        return None

    def _dated(self, entry: Entry) -> Entry:
        """With its time, where the clock became known after the reading was made."""
        if entry.t_ms is not None or entry.boot not in self._offsets:
            return entry
        return entry._replace(t_ms=entry.since_boot_ms + self._offsets[entry.boot])

    def _give_up_other_boots(self, boot: str) -> None:
        """Nobody can tell any more when those readings were made; and forget the empty spans."""
        with self.database.transaction():
            self.database.change(
                "UPDATE boot_spans SET offset_ms = ? WHERE boot <> ? AND offset_ms IS NULL",
                (NEVER_KNOWN_MS, boot),
            )
            self.database.change(
                "DELETE FROM boot_spans"
                " WHERE last_seq < (SELECT coalesce(min(seq), ?) FROM readings)",
                (LAST_NUMBER,),
            )

    def _count_held(self, upto: int) -> int:
        return sum(
            self._count(span.first_seq, min(span.last_seq, upto))
            for span in self._spans
            if span.is_held
        )

    def _count(self, first: int, last: int) -> int:
        (count,) = self.database.one(
            "SELECT count(*) FROM readings WHERE seq BETWEEN ? AND ?", (first, last)
        )
        return int(count)

    def _remember_gone(self, count: int) -> None:
        """What the readings can no longer tell: how many there were, and the last number."""
        self.database.change(
            "UPDATE spool SET last_seq = max(last_seq, ?), gone = gone + ?", (self.last_seq, count)
        )

    def _remember_dropped(self, first: int, last: int) -> None:
        if not self.database.change(
            "UPDATE dropped SET last_seq = ? WHERE last_seq = ?", (last, first - 1)
        ):
            self.database.change("INSERT INTO dropped VALUES (?, ?)", (first, last))
