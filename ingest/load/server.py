"""The database server: PostgreSQL from the wheel or the one given, and databases for one round."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

import msgspec
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import ObjectInUse

from dust.storage.connection import connect
from ingest.load.child import done, service
from ingest.load.process_tree import processor_s
from ingest.load.spooled import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from ingest.load.spooled import Layout

_TOLD: Final = (
    "shared_buffers",
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "max_wal_size",
    "wal_compression",
)
_APART_DEGREES: Final = 0.045  # 5 km between gateways, 500 m between their stations
_IN_A_ROW: Final = 20
_ATTEMPTS: Final = 20
_DROP: Final = "DROP DATABASE IF EXISTS {} WITH (FORCE)"


class Server(msgspec.Struct):
    """Which server, by which settings; its first process where it runs on this machine."""

    url: str
    version: str
    edition: str
    settings: dict[str, str]
    pid: int | None

    def processor_s(self) -> float | None:
        """Of all its processes together."""
        return None if self.pid is None else processor_s(self.pid)


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL from the wheel at its defaults; its connection string."""
    from dust.storage import wheel_server  # noqa: PLC0415  (of another extra)

    with wheel_server.running_postgres(folder) as url:
        yield url


def server_at(url: str, dsn: str) -> Server:
    """Look at the server; a database with our schema, `dsn`, tells whether it has TimescaleDB."""
    with connect(dsn) as connection:
        return Server(
            url,
            f"PostgreSQL {_shown(connection, 'server_version')}",
            _edition(connection),
            {name: _shown(connection, name) for name in _TOLD},
            _first_process(connection),
        )


class Databases:
    """Databases of one server, each for one round: with our schema and a network, else empty.

    Made once for each network and then copied; all are dropped at the end.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._templates: dict[Layout, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._templates.values():
            _in(self._url, _DROP, name)

    @contextmanager
    def fresh(self, layout: Layout) -> Iterator[str]:
        """A new database for as long as the context lasts; its connection string."""
        template, name = self._template(layout), _new_name()
        self._copy(template, name)
        try:
            yield make_conninfo(self._url, dbname=name)
        finally:
            _in(self._url, _DROP, name)

    def _template(self, layout: Layout) -> str:
        if layout not in self._templates:
            name = _new_name()
            _in(self._url, "CREATE DATABASE {}", name)
            self._templates[layout] = name
            dsn = make_conninfo(self._url, dbname=name)
            done(service("db", "upgrade", "--database", dsn), self._folder, {})
            file = network_file(layout, self._folder)
            done(service("network", "apply", str(file), "--database", dsn), self._folder, {})
        return self._templates[layout]

    def _copy(self, template: str, name: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        for attempt in range(_ATTEMPTS):
            try:
                with connect(self._url) as connection:
                    connection.execute(
                        statement.format(sql.Identifier(name), sql.Identifier(template))
                    )
            except ObjectInUse:  # TimescaleDB's scheduler looks into every database
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(1)
            else:
                return


def network_file(layout: Layout, folder: Path) -> Path:
    """Every sensor at a station of its own."""
    file = folder / "network.toml"
    file.write_text("\n".join(_network(layout)), encoding="utf-8")
    return file


def _network(layout: Layout) -> Iterator[str]:
    interval_s = max(1.0, layout.spacing_s)
    name = 'name = {th = "ทดสอบ", en = "Bench"}'
    yield f'code = "bench"\n{name}'
    for gateway in range(layout.gateways):
        row, column = divmod(gateway, _IN_A_ROW)
        for number in range(layout.sensors):
            code = json.dumps(layout.sensor(gateway, number))
            east = (column + number / 10) * _APART_DEGREES
            yield f'[[stations]]\ncode = {code}\n{name}\nkind = "village"'
            yield f"latitude = {13.5 + row * _APART_DEGREES:.4f}\nlongitude = {100.2 + east:.4f}"
            yield f'[[sensors]]\ncode = {code}\nmodel = "{MODEL}"'
            yield f'gateway = "{layout.gateway(gateway)}"\nsampling_interval_s = {interval_s}'
            yield f"[[deployments]]\nsensor = {code}\nstation = {code}"


def _new_name() -> str:
    return f"dust_bench_{uuid4().hex[:12]}"


def _in(url: str, statement: str, name: str) -> None:
    with connect(url) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _shown(connection: Connection, setting: str) -> str:
    row = connection.execute("SELECT current_setting(%s, true)", (setting,)).fetchone()
    return str(row[0]) if row else ""


def _edition(connection: Connection) -> str:
    row = connection.execute(
        "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
    ).fetchone()
    if row is None:
        return "plain PostgreSQL"
    return f"TimescaleDB {row[0]}, {_shown(connection, 'timescaledb.license')} licence"


def _first_process(connection: Connection) -> int | None:
    """The parent of our own session's process, where that is a PostgreSQL of this machine."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    try:
        fields = Path(f"/proc/{row[0] if row else 0}/stat").read_text("utf-8").rpartition(")")
    except OSError:
        return None
    return int(fields[2].split()[1]) if fields[0].endswith("(postgres") else None
