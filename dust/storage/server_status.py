"""What a database is and holds, told in a moment: estimates and catalogues, never a count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dust.storage.capabilities import read_capabilities
from dust.storage.chunks import chunk_interval
from dust.storage.compression import compressed_after, why_not
from dust.storage.migrations import pending, unknown
from dust.storage.reading_size import reading_size
from dust.storage.retention import dropped_spans, read_retention, sealed_before

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.storage.capabilities import Capabilities

_PATIENCE: Final = "SET statement_timeout = '5s'"
SETTINGS: Final = (
    *("shared_buffers", "effective_cache_size", "max_wal_size", "synchronous_commit", "fsync"),
    *("full_page_writes", "max_locks_per_transaction", "max_connections", "autovacuum"),
)
_SETTINGS: Final = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name"
_TABLES: Final = """
SELECT c.relname, greatest(sum(p.reltuples) FILTER (WHERE p.reltuples >= 0), 0)::bigint,
  sum(pg_total_relation_size(p.oid))::bigint, count(*) - 1,
  bool_or(p.reltuples < 0 AND pg_relation_size(p.oid) > 0)
FROM pg_class c
JOIN LATERAL (
  SELECT c.oid, c.reltuples
  UNION ALL
  SELECT i.inhrelid, k.reltuples FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid
  WHERE i.inhparent = c.oid
) AS p (oid, reltuples) ON true
WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace(current_schema())
GROUP BY c.relname ORDER BY c.relname
"""
_FIRST_CHUNK: Final = """
SELECT range_end FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = 'readings'
ORDER BY range_end LIMIT 1
"""
# A look by the key for each sensor: the time alone has no index.
_OLDEST: Final = """
WITH RECURSIVE known AS (
  (SELECT sensor_id, phenomenon_time FROM readings WHERE phenomenon_time < %(before)s
   ORDER BY sensor_id, phenomenon_time LIMIT 1)
  UNION ALL
  SELECT n.* FROM known k CROSS JOIN LATERAL (
    SELECT sensor_id, phenomenon_time FROM readings
    WHERE sensor_id > k.sensor_id AND phenomenon_time < %(before)s
    ORDER BY sensor_id, phenomenon_time LIMIT 1
  ) AS n
)
SELECT min(phenomenon_time) FROM known
"""
_NEWEST: Final = "SELECT max(phenomenon_time) FROM latest_readings"


class TableStatus(msgspec.Struct, frozen=True):
    """A table with the planner's estimate of its rows; `n_chunks` is 0 of a plain one."""

    name: str
    rows: int
    size_bytes: int
    n_chunks: int
    is_uncounted: bool
    """Never analysed: its rows are not estimated yet."""


class RetentionStatus(msgspec.Struct, frozen=True):
    """What is kept, and what is gone."""

    keep: str | None
    late_data_window: str
    sealed_before: datetime | None
    n_dropped: int
    is_unfinished: bool


class ServerStatus(msgspec.Struct, frozen=True):
    """All that `dust db status` tells; None is what cannot be known yet."""

    server_version: str
    server_version_num: int
    edition: str
    preloaded: bool
    extension: str | None
    extension_offered: str | None
    update_pending: bool
    hypertable: bool
    chunk_interval: timedelta | None
    pending: list[str]
    unknown: list[str]
    settings: dict[str, str]
    tables: list[TableStatus]
    oldest_reading: datetime | None
    newest_reading: datetime | None
    bytes_per_reading: float | None
    compression_refusal: str | None
    compressed_after: str | None
    retention: RetentionStatus | None

    @property
    def readings(self) -> TableStatus | None:
        return next((table for table in self.tables if table.name == "readings"), None)


def read_status(connection: Connection) -> ServerStatus:
    """Ask the server, in a few dozen milliseconds; an empty database has a status as well."""
    connection.execute(_PATIENCE)
    server = read_capabilities(connection)
    tables = [TableStatus(*row) for row in connection.execute(_TABLES)]
    known = {table.name for table in tables}
    size = reading_size(connection)
    return ServerStatus(
        server_version=server.server_version,
        server_version_num=server.server_version_num,
        edition=str(server.edition),
        preloaded=server.is_preloaded,
        extension=server.extension,
        extension_offered=server.offered,
        update_pending=server.is_update_pending,
        hypertable=server.is_hypertable,
        chunk_interval=chunk_interval(connection),
        pending=pending(connection),
        unknown=unknown(connection),
        settings=dict(connection.execute(_SETTINGS, (list(SETTINGS),)).fetchall()),
        tables=tables,
        oldest_reading=_oldest(connection, server) if "readings" in known else None,
        newest_reading=_one(connection, _NEWEST) if "latest_readings" in known else None,
        bytes_per_reading=round(size.total, 1) if size.is_measured else None,
        compression_refusal=why_not(server),
        compressed_after=compressed_after(connection, server),
        retention=_retention(connection) if "storage_settings" in known else None,
    )


def _retention(connection: Connection) -> RetentionStatus:
    settings, spans = read_retention(connection), dropped_spans(connection)
    return RetentionStatus(
        settings.keep,
        settings.late_data_window,
        sealed_before(connection),
        sum(span.n_readings for span in spans),
        not all(span.is_finished for span in spans),
    )


def _oldest(connection: Connection, server: Capabilities) -> datetime | None:
    """Where the library is not loaded, asking for chunks would end the session."""
    before: Any = "infinity"
    if server.is_hypertable:
        if not server.is_preloaded:
            return None
        before = _one(connection, _FIRST_CHUNK)
    found = _one(connection, _OLDEST, {"before": before})
    return found if isinstance(found, datetime) else None


def _one(connection: Connection, query: str, parameters: Any = None) -> Any:  # noqa: ANN401  (a cell)
    (value,) = connection.execute(query.encode(), parameters).fetchone() or (None,)
    return value
