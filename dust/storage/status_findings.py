"""What in a database's status wants attention, and what to do about it; decides, asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from dust.storage.amounts import length
from dust.storage.capabilities import OLDEST_SERVER
from dust.storage.chunk_interval import MOST_CHUNKS, advise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dust.storage.chunk_interval import Reckoning
    from dust.storage.server_status import ServerStatus

_LOCKS_OF_A_CHUNK: Final = 2  # its table and its index
_DURABLE: Final = {
    "fsync": "a power cut may leave a database that cannot be read",
    "full_page_writes": "a power cut may leave torn pages",
    "synchronous_commit": (
        "a power cut loses what was committed last, and its receipts have emptied the spools"
    ),
}
_OFF: Final = "off"


class Finding(msgspec.Struct, frozen=True):
    """One thing that wants attention: what it is, what follows from it, and what to do."""

    what: str
    do: str


def findings(status: ServerStatus, reckoning: Reckoning | None = None) -> list[Finding]:
    """All of them, what loses or stops data first."""
    return [
        *_of_durability(status),
        *_of_the_schema(status),
        *_of_timescale(status),
        *_of_the_size(status, reckoning),
        *_of_retention(status),
    ]


def _of_durability(status: ServerStatus) -> Iterator[Finding]:
    for name, harm in _DURABLE.items():
        if status.settings.get(name) == _OFF:
            yield Finding(
                f"{name} is off: {harm}",
                f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf()",
            )
    if status.settings.get("autovacuum") == _OFF:
        yield Finding(
            "autovacuum is off: tables grow, and estimates of rows are wrong",
            "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()",
        )


def _of_the_schema(status: ServerStatus) -> Iterator[Finding]:
    if status.server_version_num < OLDEST_SERVER:
        yield Finding(
            f"PostgreSQL {status.server_version} is older than what is tested (15)",
            "upgrade the server",
        )
    if status.pending:
        yield Finding(f"pending migrations: {', '.join(status.pending)}", "dust db upgrade")
    if status.unknown:
        yield Finding(
            f"the database is newer than this software: it has {', '.join(status.unknown)}",
            "install the version that upgraded it, or a newer one",
        )


def _of_timescale(status: ServerStatus) -> Iterator[Finding]:
    load = "set shared_preload_libraries = 'timescaledb' in postgresql.conf and restart PostgreSQL"
    if status.hypertable and not status.preloaded:
        yield Finding(
            "readings is a hypertable, but TimescaleDB is not loaded: nothing can be written,"
            " ingest tries again and the spools hold",
            load,
        )
    elif status.extension_offered and not status.preloaded:
        yield Finding(
            "TimescaleDB is installed but not loaded: readings is a plain table",
            f"if you want it: {load}, then dust db upgrade",
        )
    elif status.preloaded and not status.hypertable and not status.pending:
        yield Finding(
            "TimescaleDB is loaded, but readings is a plain table",
            "dust db upgrade (it says how long it takes before it begins)",
        )
    if status.update_pending:
        yield Finding(
            f"the extension is {status.extension}, the installed package"
            f" {status.extension_offered}",
            "as the first statement of a new session (psql -X): ALTER EXTENSION timescaledb UPDATE",
        )


def _of_the_size(status: ServerStatus, reckoning: Reckoning | None) -> Iterator[Finding]:
    n_chunks = status.readings.n_chunks if status.readings else 0
    locks = _setting(status, "max_locks_per_transaction") * _setting(status, "max_connections")
    if n_chunks * _LOCKS_OF_A_CHUNK > locks / 2:
        yield Finding(
            f"{n_chunks:,} chunks take {n_chunks * _LOCKS_OF_A_CHUNK:,} of {locks:,} locks in one"
            " statement over all time (a backup is one)",
            "raise max_locks_per_transaction and restart PostgreSQL; or longer chunks from now on",
        )
    if n_chunks > MOST_CHUNKS:
        yield Finding(
            f"{n_chunks:,} chunks: questions without bounds in time take long to plan",
            "dust db chunk-interval, dust db retention",
        )
    if reckoning is not None and status.chunk_interval is not None:
        advice = advise(reckoning, status.chunk_interval)
        if advice.is_change:
            yield Finding(
                f"chunks of {length(advice.current)} do not fit this network and this server:"
                f" {length(advice.advised)} would",
                "dust db chunk-interval shows the arithmetic, --apply sets it for new chunks",
            )


def _of_retention(status: ServerStatus) -> Iterator[Finding]:
    if status.retention is not None and status.retention.is_unfinished:
        yield Finding(
            "a drop of old readings was cut off: its hours are sealed, readings may be left",
            "dust db retention --apply finishes it",
        )


def _setting(status: ServerStatus, name: str) -> int:
    return int(status.settings.get(name, "0"))
