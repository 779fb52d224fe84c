"""Plain SQL migrations, forward only, each in its transaction (decisions/0003-plain-sql.md)."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from dust.errors import DustError
from dust.storage.connection import connect
from dust.storage.timescale import adopt_hypertable

if TYPE_CHECKING:
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


def available() -> list[tuple[str, str]]:
    """The (name, SQL) of every migration that ships with this version, in order."""
    folder = files("dust.storage.migrations")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name.removesuffix(".sql"), (folder / name).read_text("utf-8")) for name in names]


def upgrade(dsn: str) -> list[str]:
    """Bring the schema of the database at `dsn` up to date; returns the names it applied."""
    with connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            applied = [name for name, sql in available() if _apply(connection, name, sql)]
            adopt_hypertable(connection)
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def pending(connection: Connection) -> list[str]:
    """The names of migrations that this database still lacks."""
    known = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if known is None or known[0] is None:
        return [name for name, _ in available()]
    done = {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}
    return [name for name, _ in available() if name not in done]


def _apply(connection: Connection, name: str, sql: str) -> bool:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    with connection.transaction():
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
