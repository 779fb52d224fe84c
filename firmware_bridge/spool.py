"""The gateway's durable memory: a reading is here from its making until its receipt.

SQLite in WAL mode with full synchronisation: a row is on the disk before anything is published,
and it stays until ingest says that it is committed. A PUBACK deletes nothing, because a killed
broker lost 1000 of 1000 acknowledged messages (measured; docs/decisions/0002-receipts.md).
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS readings (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
"""


class Spool:
    """Readings in the order in which they were made, numbered without holes from 1."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        # Python's own transactions are off: every BEGIN below is written out.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)
        self._database.execute(
            "INSERT INTO spool (only_one, id) VALUES (1, ?) ON CONFLICT DO NOTHING",
            (str(uuid.uuid4()),),
        )
        self.id: str = self._database.execute("SELECT id FROM spool").fetchone()[0]
        self.depth: int = self._database.execute("SELECT count(*) FROM readings").fetchone()[0]

    def put(self, bodies: list[bytes]) -> None:
        """Commit readings (JSON without their number), in order; on the disk when this returns."""
        with self._lock:
            with self._transaction():
                self._database.executemany(
                    "INSERT INTO readings (body) VALUES (?)", [(body,) for body in bodies]
                )
            self.depth += len(bodies)

    def after(self, seq: int, limit: int) -> list[tuple[int, bytes]]:
        """The next readings behind `seq`, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT seq, body FROM readings WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
            )
            return rows.fetchall()

    def confirm(self, ranges: list[tuple[int, int]]) -> int:
        """Forget the readings that a receipt covers; returns how many there were."""
        with self._lock:
            with self._transaction():
                gone = sum(
                    self._database.execute(
                        "DELETE FROM readings WHERE seq BETWEEN ? AND ?", closed_range
                    ).rowcount
                    for closed_range in ranges
                )
            self.depth -= gone
        return gone

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._database)


class _Transaction:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK on any error."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
        finally:
            self._roll_back_what_is_open()

    def _roll_back_what_is_open(self) -> None:
        if self._database.in_transaction:  # a full disk ends the transaction by itself
            self._database.execute("ROLLBACK")
