"""`readings` as a hypertable; without TimescaleDB the same table is plain and works the same.

The Apache build (Debian 13) has hypertables but no compression and no continuous aggregates;
nothing here needs more (docs/decisions/0004-own-averages.md).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from psycopg import errors

from dust.errors import DustError
from dust.storage.amounts import size
from dust.storage.capabilities import is_hypertable, is_preloaded
from dust.storage.patience import patiently, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

__all__ = ["CHUNK_INTERVAL", "adopt_hypertable", "is_hypertable", "is_preloaded"]
CHUNK_INTERVAL: Final = timedelta(days=7)
"""40 stations at 60 s are 0.4 M rows a week, 29 MB of index (docs/storage.md)."""
_MOVED_A_SECOND: Final = 200_000
"""Measured 475,000 without waiting for a disk (decisions/0023); half of it and less is promised."""
_MANY: Final = 1_000_000
_EXTENT: Final = """
SELECT greatest(reltuples, 0)::bigint, pg_total_relation_size(oid)
FROM pg_class WHERE oid = to_regclass('readings')
"""
_BYTES_OF_A_READING: Final = 180
_OFFERED: Final = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
_NOT_LOADED: Final = (
    "TimescaleDB is installed but not loaded: readings stays a plain table. To use it, set"
    " shared_preload_libraries = 'timescaledb', restart PostgreSQL and run `dust db upgrade` again"
)
_NOT_ALLOWED: Final = (
    "TimescaleDB is loaded, but this role may not create the extension: readings stays a plain"
    " table. To use it, let the owner of the database run CREATE EXTENSION timescaledb and run"
    " `dust db upgrade` again"
)


class LibraryNotLoaded(DustError):  # noqa: N818  (named by what is wrong)
    """`readings` is a hypertable and the server has not loaded TimescaleDB: nothing works on it."""


def refuse_unloaded(connection: Connection) -> None:
    """Raise `LibraryNotLoaded`, before the extension ends the session without saying what to do."""
    if is_hypertable(connection) and not is_preloaded(connection):
        raise LibraryNotLoaded(
            "readings is a hypertable, but TimescaleDB is not loaded: set"
            " shared_preload_libraries = 'timescaledb' in postgresql.conf and restart PostgreSQL."
            " Nothing is lost: ingest tries again, and the gateways keep what they read"
        )


def adopt_hypertable(connection: Connection, say: Callable[[str], None] = quiet) -> bool:
    """Make `readings` a hypertable where the extension is at hand; returns whether it is one.

    What is stored already is moved, in one transaction, in which nobody else can use the table.
    """
    if not is_preloaded(connection):
        if connection.execute(_OFFERED).fetchone():
            say(_NOT_LOADED)
        return False
    if is_hypertable(connection):
        return True
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except errors.InsufficientPrivilege:
        say(_NOT_ALLOWED)
        return False
    _tell_how_long(connection, say)
    patiently(connection, lambda: _create(connection), "making readings a hypertable", say)
    return True


def _create(connection: Connection) -> None:
    connection.execute(
        "SELECT create_hypertable('readings', by_range('phenomenon_time', %s::interval),"
        " migrate_data => true, create_default_indexes => false)",
        (CHUNK_INTERVAL,),
    )


def _tell_how_long(connection: Connection, say: Callable[[str], None]) -> None:
    """Of a large table: until it is done, ingest waits and the spools hold."""
    rows, n_bytes = connection.execute(_EXTENT).fetchone() or (0, 0)
    rows = max(int(rows), int(n_bytes) // _BYTES_OF_A_READING)  # a new table was never counted
    if rows >= _MANY:
        minutes = max(1, round(rows / _MOVED_A_SECOND / 60))
        say(
            f"moving about {rows:,} readings ({size(n_bytes)}) into a hypertable: about"
            f" {minutes} min and as much free disk again. Until then nobody else can use them:"
            " ingest waits, the gateways keep what they read. Stopping changes nothing"
        )
