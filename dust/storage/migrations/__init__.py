"""Plain SQL migrations, forward only, each in its transaction (decisions/0003-plain-sql.md)."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from dust.errors import DustError
from dust.storage.connection import connect
from dust.storage.patience import patiently, quiet
from dust.storage.timescale import adopt_hypertable, refuse_unloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

_LOCK: Final = 0x64757374  # "dust": two upgrades at once wait for each other
_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)"""


class ChangedMigration(DustError):  # noqa: N818  (named by what is wrong)
    """A migration that this database has already applied reads otherwise now."""


class NewerSchema(DustError):  # noqa: N818  (the same)
    """The database was upgraded by a newer version of the software than this one."""


class OlderSchema(DustError):  # noqa: N818  (the same)
    """The database was not upgraded to this version of the software yet."""


def available() -> list[tuple[str, str]]:
    """The (name, SQL) of every migration that ships with this version, in order."""
    folder = files("dust.storage.migrations")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name.removesuffix(".sql"), (folder / name).read_text("utf-8")) for name in names]


def upgrade(dsn: str, say: Callable[[str], None] = quiet) -> list[str]:
    """Bring the schema of the database at `dsn` up to date; returns the names it applied.

    `say` hears of what makes it wait. Raises `NewerSchema`, `ChangedMigration`, `LibraryNotLoaded`,
    or `Unavailable` where somebody holds a lock for minutes; then what was before is applied.
    """
    with connect(dsn) as connection:
        _take_turn(connection, say)
        try:
            refuse_newer(connection)
            refuse_unloaded(connection)
            applied = [name for name, sql in available() if _applied(connection, name, sql, say)]
            adopt_hypertable(connection, say)
        finally:
            if not connection.closed:  # else the lock is free, and the error that closed it counts
                connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def pending(connection: Connection) -> list[str]:
    """The names of migrations that this database still lacks."""
    done = _done(connection)
    return [name for name, _ in available() if name not in done]


def unknown(connection: Connection) -> list[str]:
    """The names of migrations that this database has and this version does not know."""
    return sorted(_done(connection) - {name for name, _ in available()})


def refuse_newer(connection: Connection) -> None:
    """Raise `NewerSchema` where the database is ahead of the software: there is no way back."""
    newer = unknown(connection)
    if newer:
        newest = max((name for name, _ in available()), default="none")
        raise NewerSchema(
            f"the database has {', '.join(newer)}, and this version of dust knows migrations up to"
            f" {newest}: install the version that made it, or a newer one. There is no downgrade;"
            " to go back, restore a backup from before the upgrade"
        )


def refuse_older(connection: Connection) -> None:
    """Raise `OlderSchema` where the database lacks a migration, `NewerSchema` where it is ahead.

    And `LibraryNotLoaded`: who needs the schema needs its tables to answer.
    """
    refuse_newer(connection)
    refuse_unloaded(connection)
    missing = pending(connection)
    if missing:
        raise OlderSchema(f"the database lacks {', '.join(missing)}: run `dust db upgrade`")


def _done(connection: Connection) -> set[str]:
    known = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if known is None or known[0] is None:
        return set()
    return {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}


def _take_turn(connection: Connection, say: Callable[[str], None]) -> None:
    taken = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if taken is None or not taken[0]:
        say("another upgrade of this database is running: waiting for it")
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))


def _applied(connection: Connection, name: str, sql: str, say: Callable[[str], None]) -> bool:
    """Whether it had to be applied; all of it or nothing."""
    return patiently(connection, lambda: _apply(connection, name, sql), f"migration {name}", say)


def _apply(connection: Connection, name: str, sql: str) -> bool:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    connection.execute(_LEDGER)
    row = connection.execute(
        "SELECT sha256 FROM schema_migrations WHERE name = %s", (name,)
    ).fetchone()
    if row is not None:
        if row[0] != digest:
            raise ChangedMigration(f"migration {name} was applied with another text")
        return False
    connection.execute(sql.encode())
    connection.execute(
        "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", (name, digest)
    )
    return True
