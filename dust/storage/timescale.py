"""What needs the TimescaleDB extension; without it the same tables are plain and work the same.

The Apache build (Debian 13) has hypertables but no compression and no continuous aggregates;
nothing here needs more (docs/decisions/0004-own-averages.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

if TYPE_CHECKING:
    from psycopg import Connection

CHUNK_INTERVAL: Final = "7 days"
"""40 stations at 30 s are 0.8 M rows a week: the active chunk's indexes stay in memory."""


def is_preloaded(connection: Connection) -> bool:
    """Whether the server has loaded the library, without which the extension refuses to start."""
    row = connection.execute("SHOW shared_preload_libraries").fetchone()
    return row is not None and "timescaledb" in str(row[0])


def is_hypertable(connection: Connection) -> bool:
    """Whether `readings` is a hypertable in this database."""
    row = connection.execute("SELECT to_regclass('timescaledb_information.hypertables')").fetchone()
    if row is None or row[0] is None:
        return False
    found = connection.execute(
        "SELECT 1 FROM timescaledb_information.hypertables WHERE hypertable_name = 'readings'"
    )
    return found.fetchone() is not None


def adopt_hypertable(connection: Connection) -> bool:
    """Make `readings` a hypertable where the extension is at hand; returns whether it is one."""
    if not is_preloaded(connection):
        return False
    with connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        if not is_hypertable(connection):
            connection.execute(
                sql.SQL(
                    "SELECT create_hypertable('readings', by_range('phenomenon_time', INTERVAL {}),"
                    " migrate_data => true, create_default_indexes => false)"
                ).format(sql.Literal(CHUNK_INTERVAL))
            )
    return True
