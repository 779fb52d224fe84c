"""Whose turn it is to tell Home Assistant: the worker that holds the lock of the database.

A session's lock, so it ends with the session, however that ends. The server ends a session that has
not asked anything for the length of a lease: a worker that vanished with its machine holds nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog
from psycopg.rows import dict_row

from dust.storage.connection import connect, database_errors

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK: Final = (0x64757374, 0x68617373)  # "dust", "hass"
_STATEMENT_LIMIT_MS: Final = 10_000
_SESSION: Final = """
SELECT set_config('idle_session_timeout', %s, false), set_config('statement_timeout', %s, false)
"""


class Lead:
    """A connection that may hold the lock; `lease_s` without a question, and it is lost."""

    def __init__(self, dsn: str, lease_s: float) -> None:
        self._dsn = dsn
        self._lease_ms = round(lease_s * 1000)
        self._connection: Connection[dict[str, Any]] | None = None
        self.is_held = False

    def take(self) -> Connection[dict[str, Any]] | None:
        """The connection while this worker leads, else None; `Unavailable` without a database."""
        with database_errors():
            connection = self._connected()
            if not self.is_held:
                row = connection.execute("SELECT pg_try_advisory_lock(%s, %s) AS got", _LOCK)
                self.is_held = bool((row.fetchone() or {}).get("got"))
                if self.is_held:
                    structlog.get_logger().info("homeassistant_leads")
        return connection if self.is_held else None

    def give_up(self) -> None:
        """Let another worker have it."""
        connection, self._connection, self.is_held = self._connection, None, False
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _connected(self) -> Connection[dict[str, Any]]:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        self.give_up()
        made: Any = connect(self._dsn)
        made.row_factory = dict_row
        made.execute(_SESSION, (str(self._lease_ms), str(_STATEMENT_LIMIT_MS)))
        connection: Connection[dict[str, Any]] = made
        self._connection = connection
        return connection
