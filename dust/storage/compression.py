"""Compression of old chunks, where the licence allows it: what would be done is decided here.

Known hazards of compressed chunks, each a wrong or lost row, all behind a write into one:
timescaledb#5448 (a duplicate key under concurrency), #5480 (compression racing an update), #6302
(a unique key that is passed by), #7672 (ON CONFLICT DO NOTHING that stops at the first conflict,
mended in 2.18.1), #9575 (a nullable unique column lets duplicates through). Hence: keys NOT NULL,
2.19 or newer, and only chunks for which no late reading can come any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, LiteralString

from psycopg import sql

from dust.storage.capabilities import Edition

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.storage.capabilities import Capabilities

OLDEST_VERSION: Final = (2, 19)
_SETTINGS: Final = (
    "ALTER TABLE readings SET (timescaledb.compress, timescaledb.compress_segmentby = 'sensor_id',"
    " timescaledb.compress_orderby = 'phenomenon_time, seq')"
)
_REMOVE: Final = "SELECT remove_compression_policy('readings', if_exists => true)"
_ADD: Final = "SELECT add_compression_policy('readings', compress_after => INTERVAL {})"
# Judging readings again after an upgrade changes flags of whole chunks; the limit of 100,000 rows
# that a statement may decompress would set every such hour aside.
_NO_LIMIT: Final = (
    "ALTER DATABASE {} SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0"
)
_SHORTER: Final = """
SELECT %s::interval < late_data_window, late_data_window::text FROM storage_settings
"""
_JOBS: Final = """
SELECT config ->> 'compress_after' FROM timescaledb_information.jobs
WHERE hypertable_schema = current_schema() AND hypertable_name = 'readings'
  AND proc_name = 'policy_compression'
"""


@dataclass(frozen=True, slots=True)
class CompressionPlan:
    """The statements in their order; or why there are none."""

    statements: tuple[sql.Composed, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class CompressionWish:
    """Compress chunks all of whose readings are older than `after` (None: no more of them).

    `late_data_window` is how late readings may come, and `is_within` whether `after` is shorter.
    """

    after: str | None
    late_data_window: str
    is_within: bool


def why_not(server: Capabilities) -> str | None:
    """Why this server cannot compress, and what would have to change; None where it can."""
    if server.edition is Edition.PLAIN:
        return "plain PostgreSQL does not compress tables: it takes TimescaleDB's full edition"
    if server.edition is Edition.APACHE:
        return (
            f"the licence is `{server.licence}`: compression takes the vendor's own package, with"
            " timescaledb.license = 'timescale' in postgresql.conf. Debian's package is the Apache"
            " edition and has no such library"
        )
    if not server.is_hypertable:
        return "readings is a plain table: run `dust db upgrade` first"
    if _numbers(server.extension) < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        return (
            f"TimescaleDB {server.extension} has faults in writing to compressed chunks"
            f" (timescaledb#7672): {oldest} or newer is needed"
        )
    return None


def plan_compression(server: Capabilities, wish: CompressionWish) -> CompressionPlan:
    """What to tell this server, or why nothing."""
    refusal = why_not(server)
    if refusal is None and wish.is_within:
        refusal = (
            f"late readings may come for {wish.late_data_window}: chunks younger than that must not"
            " be compressed. `--late-data` sets the window, to as long as gateways keep readings"
        )
    if refusal is not None:
        return CompressionPlan(refusal=refusal)
    if wish.after is None:
        return CompressionPlan((sql.SQL(_REMOVE).format(),))
    return CompressionPlan(
        (
            sql.SQL(_SETTINGS).format(),
            _filled(_NO_LIMIT, sql.Identifier(server.database)),
            sql.SQL(_REMOVE).format(),
            _filled(_ADD, sql.Literal(wish.after)),
        )
    )


def _filled(statement: LiteralString, value: sql.Composable) -> sql.Composed:
    return sql.SQL(statement).format(value)


def read_wish(connection: Connection, after: str | None) -> CompressionWish:
    """The wish beside the window that is set."""
    is_shorter, window = connection.execute(_SHORTER, (after,)).fetchone() or (None, "")
    return CompressionWish(after, window, bool(is_shorter))


def compressed_after(connection: Connection, server: Capabilities) -> str | None:
    """The age at which the policy compresses; None without one."""
    if why_not(server) is not None:
        return None
    (after,) = connection.execute(_JOBS).fetchone() or (None,)
    return None if after is None else str(after)


def apply_plan(connection: Connection, plan: CompressionPlan) -> None:
    """All statements or none."""
    with connection.transaction():
        for statement in plan.statements:
            connection.execute(statement)


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (version or "0").split("-")[0].split(".") if part.isdigit())
