"""Connections to PostgreSQL: UTC sessions, and the driver's errors told as ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg

from dust.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS: Final[dict[str, Any]] = {
    # A plan for any parameters would look into every chunk, however near the bounds lie.
    "options": "-c TimeZone=UTC -c plan_cache_mode=force_custom_plan",
    "application_name": "dust",
    "connect_timeout": "5",
}
"""Every session speaks UTC; local days come from the station's zone, never from the session."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Tell a lost or refused connection as `Unavailable`, which may be tried again."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(f"database: {str(error).strip() or type(error).__name__}") from error


def connect(dsn: str) -> psycopg.Connection:
    """An autocommit connection to `dsn`, or `Unavailable`; transactions are opened explicitly.

    A `BadInput` that does not repeat the text says that `dsn` is no connection string.
    """
    with database_errors():
        try:
            return psycopg.connect(dsn, autocommit=True, **OPTIONS)
        except psycopg.ProgrammingError:
            allowed = "a connection string such as postgresql://user@host/database"
            raise BadInput("database", "(not shown)", allowed) from None
