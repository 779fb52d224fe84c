"""The tables of the spool, and the way there from a file of an older version.

Every step may be cut off anywhere: the next opening goes on with it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

import msgspec

from firmware_bridge.errors import SpoolError
from firmware_bridge.spool.faults import SpoolCorrupt

if TYPE_CHECKING:
    from firmware_bridge.spool.database import Database

VERSION: Final = 1
"""`PRAGMA user_version`; 0 had one table of readings, whose JSON held the time."""

_ROWS_MOVED_AT_ONCE: Final = 2000

# `readings` has no AUTOINCREMENT, which would write a second page with every reading:
# `spool.last_seq` is written when numbers are deleted, and only then can they be forgotten.
# `spool.gone` counts the deleted, confirmed or dropped.
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS spool (
      only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
      id TEXT NOT NULL
    )""",
    "ALTER TABLE spool ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE spool ADD COLUMN gone INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE spool ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE readings (seq INTEGER PRIMARY KEY, t_ms INTEGER NOT NULL, body BLOB NOT NULL)",
    """CREATE TABLE boot_spans (
      first_seq INTEGER PRIMARY KEY,
      last_seq INTEGER NOT NULL,
      boot TEXT NOT NULL,
      offset_ms INTEGER
    )""",
    "CREATE TABLE dropped (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL)",
    "CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_NAMES: Final = {"spool", "readings", "boot_spans", "dropped", "marks"}


def bring_up_to_date(database: Database) -> None:
    """Make or migrate the tables; raises `SpoolCorrupt` where some are missing."""
    if check_version(database) == VERSION:
        missing = _NAMES - _tables(database)
        if missing:
            raise SpoolCorrupt(f"{database.path}: tables are missing: {', '.join(sorted(missing))}")
        return
    if "marks" not in _tables(database):
        _make_tables(database)
    while _move_some(database):
        pass
    _finish(database)


def check_version(database: Database) -> int:
    """The file's version; raises `SpoolError` where this program cannot know it."""
    version = int(database.one("PRAGMA user_version")[0])
    if not 0 <= version <= VERSION:
        raise SpoolError(
            f"{database.path}: user_version = {version}: allowed is 0 to {VERSION}"
            " (the file is of a newer program, or no spool)"
        )
    return version


def _tables(database: Database) -> set[str]:
    return {name for (name,) in database.rows("SELECT name FROM sqlite_schema WHERE type='table'")}


def _make_tables(database: Database) -> None:
    with database.transaction():
        is_old = "readings" in _tables(database)
        if is_old:
            database.change("ALTER TABLE readings RENAME TO old_readings")
        for statement in _TABLES:
            database.change(statement)
        database.change(
            "INSERT INTO spool (only_one, id) VALUES (1, ?) ON CONFLICT DO NOTHING",
            (str(uuid.uuid4()),),
        )
        if is_old:
            database.change(
                "UPDATE spool SET last_seq = coalesce("
                "(SELECT seq FROM sqlite_sequence WHERE name = 'old_readings'), 0)"
            )
            database.change(
                "UPDATE spool SET gone = last_seq - (SELECT count(*) FROM old_readings)"
            )


def _move_some(database: Database) -> bool:
    """Oldest first, each written anew before it is deleted, in one transaction."""
    if "old_readings" not in _tables(database):
        return False
    with database.transaction(durable=False):
        old = database.rows(
            "SELECT seq, body FROM old_readings ORDER BY seq LIMIT ?", (_ROWS_MOVED_AT_ONCE,)
        )
        if old:
            rows = [(seq, *time_and_rest(body)) for seq, body in old]
            database.change_many("INSERT INTO readings (seq, t_ms, body) VALUES (?, ?, ?)", rows)
            database.change("DELETE FROM old_readings WHERE seq <= ?", (old[-1][0],))
    return bool(old)


def _finish(database: Database) -> None:
    with database.transaction():
        database.change("DROP TABLE IF EXISTS old_readings")
        database.change(f"PRAGMA user_version = {VERSION}")


def time_and_rest(body: bytes) -> tuple[int, bytes]:
    """The time in a reading of version 0, epoch ms, and its JSON without it, otherwise unchanged.

    What is no such JSON stays as it is, in 1970: ingest keeps it in quarantine.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        t_ms = msgspec.json.decode(fields.pop("t"), type=int)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError):
        return 0, body
    if abs(t_ms) >= 2**63:
        return 0, body
    return t_ms, msgspec.json.encode(fields)
