"""Bare SQLite beside the spool: the same bodies in one table, on the same disk, at the same hour.

WAL, and synchronised as the spool is where it does the same, so that what is compared is the
spool's own work.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PlainTable:
    """One table of numbered bodies."""

    def __init__(self, path: Path, synchronous: str = "FULL") -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(f"PRAGMA synchronous={synchronous}")
        self._database.execute(
            "CREATE TABLE readings"
            " (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, body BLOB NOT NULL)"
        )

    def put(self, bodies: list[bytes]) -> None:
        """One transaction."""
        now_ms = time.time_ns() // 1_000_000
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(
            "INSERT INTO readings (t, body) VALUES (?, ?)", [(now_ms, body) for body in bodies]
        )
        self._database.execute("COMMIT")

    def drain(self, limit: int) -> int:
        """Select the oldest and delete them; returns how many there were."""
        rows = self._database.execute(
            "SELECT seq, t, body FROM readings ORDER BY seq LIMIT ?", (limit,)
        ).fetchall()
        if not rows:
            return 0
        self._database.execute("BEGIN IMMEDIATE")
        gone = self._database.execute(
            "DELETE FROM readings WHERE seq BETWEEN ? AND ?", (rows[0][0], rows[-1][0])
        )
        self._database.execute("COMMIT")
        return gone.rowcount

    def close(self) -> None:
        self._database.close()
