"""What a server can do for `readings`: its version, and the edition and state of TimescaleDB."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from psycopg import Connection

OLDEST_SERVER: Final = 150_000
"""PostgreSQL 15, as `server_version_num` counts."""
# The list of preloaded libraries may be read by few; a parameter that the library defines, by all.
_PRELOADED: Final = "SELECT current_setting('timescaledb.disable_load', true) IS NOT NULL"
# The first statement of a session loads the extension, and with it the licence's parameter.
_LOAD: Final = "SELECT to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL"
_HYPERTABLE: Final = """
SELECT 1 FROM _timescaledb_catalog.hypertable
WHERE schema_name = current_schema() AND table_name = 'readings'
"""
_FACTS: Final = """
SELECT current_setting('server_version'), current_setting('server_version_num')::integer,
  current_database(), current_setting('timescaledb.license', true),
  (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
  (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb')
"""


class Edition(StrEnum):
    """Which of the builds that readings may lie in."""

    PLAIN = "plain PostgreSQL"
    APACHE = "TimescaleDB, Apache edition"
    FULL = "TimescaleDB, full edition"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A server as one database sees it.

    `offered` is the version of the extension that is installed on the machine, `extension` that in
    this database; None where there is none.
    """

    server_version: str
    server_version_num: int
    database: str
    is_preloaded: bool
    is_hypertable: bool
    licence: str | None = None
    extension: str | None = None
    offered: str | None = None

    @property
    def edition(self) -> Edition:
        if self.extension is None or not self.is_preloaded:
            return Edition.PLAIN
        return Edition.FULL if self.licence == "timescale" else Edition.APACHE

    @property
    def is_update_pending(self) -> bool:
        return self.extension is not None and self.offered not in {None, self.extension}


def read_capabilities(connection: Connection) -> Capabilities:
    """Ask the server; any role may."""
    is_known = is_hypertable(connection)
    row = connection.execute(_FACTS).fetchone()
    assert row is not None  # noqa: S101  (it has no FROM)
    version, number, database, licence, extension, offered = row
    return Capabilities(
        str(version),
        int(number),
        str(database),
        is_preloaded(connection),
        is_known,
        licence,
        extension,
        offered,
    )


def is_preloaded(connection: Connection) -> bool:
    """Whether the server has loaded the library, without which the extension refuses to start."""
    row = connection.execute(_PRELOADED).fetchone()
    return row is not None and bool(row[0])


def is_hypertable(connection: Connection) -> bool:
    """Whether `readings` is a hypertable in this database, the library loaded or not."""
    row = connection.execute(_LOAD).fetchone()
    if row is None or not row[0]:
        return False
    return connection.execute(_HYPERTABLE).fetchone() is not None
