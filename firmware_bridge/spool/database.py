"""One SQLite file in WAL mode, by one connection.

One connection, because the SQLite of Debian 12 (3.40.1) can corrupt a file whose journal is
restarted by one connection while another one checkpoints (https://www.sqlite.org/wal.html#walresetbug,
before 3.51.3); the spool's lock keeps its threads apart.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from firmware_bridge.errors import SpoolFull
from firmware_bridge.spool.faults import SpoolCorrupt, told_by_spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

JOURNAL_PAGES: Final = 256
"""The journal is carried over into the file when it is so long (1 MiB)."""

# Nobody listens to the sensors meanwhile: some 2 s from a card that reads 40 MB/s. Damage in a
# larger file shows when its page is read.
CHECKED_BYTES: Final = 64 * 1024**2

_ON_OPENING: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {JOURNAL_PAGES}",
    f"PRAGMA journal_size_limit = {2 * JOURNAL_PAGES * 4096}",
    # Debian's SQLite overwrites what is deleted with zeros: dust levels are no secret.
    "PRAGMA secure_delete = OFF",
    "PRAGMA temp_store = MEMORY",  # for `rewrite`: a full disk may be the reason for it
)


class Database:
    """Transactions, and errors by what they mean."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with told_by_spool(path):
            # Python's own transactions are off: every BEGIN below is written out.
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._durable = True

    def begin_use(self) -> None:
        """Look through the file, then set it up; raises `SpoolCorrupt` for a damaged one."""
        if self.path.stat().st_size <= CHECKED_BYTES:
            (verdict,) = self.one("PRAGMA quick_check(1)")
            if verdict != "ok":
                raise SpoolCorrupt(f"{self.path}: {verdict}")
        for statement in _ON_OPENING:
            self.rows(statement)

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        with told_by_spool(self.path):
            return self._connection.execute(statement, tuple(values)).fetchall()

    def one(self, statement: str, values: Iterable[Any] = ()) -> Any:  # noqa: ANN401  (any row)
        return self.rows(statement, values)[0]

    def change(self, statement: str, values: Iterable[Any] = ()) -> int:
        """Runs the statement; returns how many rows it changed."""
        with told_by_spool(self.path):
            return self._connection.execute(statement, tuple(values)).rowcount

    def change_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with told_by_spool(self.path):
            self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All or nothing; on the disk at its end, or (not `durable`) with the next one that is."""
        self._synchronise(durable=durable)
        self.change("BEGIN IMMEDIATE")
        try:
            yield
            self.change("COMMIT")
        finally:
            self.roll_back()

    def roll_back(self) -> None:
        """End what is open; a full disk has ended it by itself."""
        if self._connection.in_transaction:
            self.change("ROLLBACK")

    def carry_over(self) -> None:
        """Move the journal into the file, as far as there is room, so that it starts anew."""
        with suppress(SpoolFull):
            self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def used_bytes(self) -> int:
        """What the file holds; pages that are free again do not count."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self.page_bytes()

    def free_bytes(self) -> int:
        return self._pragma("freelist_count") * self.page_bytes()

    def page_bytes(self) -> int:
        return self._pragma("page_size")

    def rewrite(self) -> None:
        """Write the file anew without its free pages; needs as much room as it holds."""
        self.rows("VACUUM")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with told_by_spool(self.path):
            self._connection.close()

    def _pragma(self, name: str) -> int:
        return int(self.one(f"PRAGMA {name}")[0])

    def _synchronise(self, *, durable: bool) -> None:
        if durable != self._durable:
            self.change(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
