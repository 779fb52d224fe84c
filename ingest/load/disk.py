"""What a reading takes on the disk and in the write-ahead log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dust.storage.connection import connect
from dust.storage.timescale import is_hypertable

if TYPE_CHECKING:
    from psycopg import Connection

_PLAIN: Final = """
SELECT pg_relation_size('readings'), pg_indexes_size('readings'),
  pg_total_relation_size('readings')
"""
_CHUNKS: Final = """
SELECT sum(pg_relation_size(c.chunk)), sum(pg_indexes_size(c.chunk)),
  sum(pg_total_relation_size(c.chunk))
FROM show_chunks('readings') AS c (chunk)
"""


class Sizes(NamedTuple):
    """Bytes of `readings` in all its chunks; toast is what is neither table nor index."""

    table: int
    indexes: int
    toast: int
    total: int


def sizes(dsn: str) -> Sizes:
    """After a vacuum; the maps of free space and of visibility count as toast."""
    with connect(dsn) as connection:
        connection.execute("VACUUM ANALYZE readings")
        query = _CHUNKS if is_hypertable(connection) else _PLAIN
        row = connection.execute(query).fetchone() or (0, 0, 0)
    table, indexes, total = (int(each or 0) for each in row)
    return Sizes(table, indexes, total - table - indexes, total)


def wal_position(dsn: str) -> int:
    """Bytes of write-ahead log that the server has ever written."""
    with connect(dsn) as connection:
        return _position(connection)


def _position(connection: Connection) -> int:
    row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()
    return int(row[0]) if row else 0
