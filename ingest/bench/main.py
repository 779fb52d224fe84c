"""A run of the bench: for each size a database of its own, filled, measured and dropped."""

from __future__ import annotations

import platform
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg import sql
from psycopg.conninfo import make_conninfo

from dust.machine import cores, memory_mb, processor
from dust.storage.connection import connect
from dust.storage.migrations import upgrade
from dust.storage.timescale import is_hypertable
from ingest.bench.figures import Late, Machine, RecomputeFigures
from ingest.bench.history import END, INTERVAL_S, SENSORS, fill
from ingest.bench.lateness import WHOLE, WINDOW, measure, spreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured: sizes of history, ascending, late readings, rounds; and on which server."""

    sizes: tuple[int, ...]
    late: int
    rounds: int
    server: str | None


def run(options: Options, say: Callable[[str, int, int], None]) -> RecomputeFigures:
    """Measure; `say` is told a step, how much of it is done, and how much there is."""
    late: list[Late] = []
    with ExitStack() as parts:
        server = options.server or parts.enter_context(_server_of_our_own())
        machine = _machine(server)
        window = None
        for rows in options.sizes:
            with _database(server) as dsn:
                start = _filled(dsn, rows, say)
                window = window or END - start
                for spread in spreads(start, window):
                    steps = iter(range(1, options.rounds + 2))
                    step = f"{rows:,} rows, late readings over the {spread.name}"
                    late.append(
                        measure(
                            *(dsn, rows, options.late, spread, options.rounds),
                            lambda steps=steps, step=step: say(  # type: ignore[misc]
                                step, next(steps), options.rounds + 1
                            ),
                        )
                    )
    return RecomputeFigures(
        version("dust-watch"),
        datetime.now(UTC).date().isoformat(),
        machine,
        SENSORS,
        INTERVAL_S,
        _grown(late),
        max(each.growth for each in late if each.spread == WINDOW),
        max(each.growth for each in late if each.spread == WHOLE),
    )


def _grown(late: list[Late]) -> list[Late]:
    for each in late:
        smallest = next(other for other in late if other.spread == each.spread)
        each.growth = each.recompute_s / smallest.recompute_s
    return late


def _filled(dsn: str, rows: int, say: Callable[[str, int, int], None]) -> datetime:
    done = 0

    def stored(count: int) -> None:
        nonlocal done
        done += count
        say(f"{rows:,} rows of history", done, rows)

    with connect(dsn) as connection:
        return fill(connection, rows, stored)


@contextmanager
def _server_of_our_own() -> Iterator[str]:
    """PostgreSQL from the wheel, in a temporary folder."""
    from dust.storage.wheel_server import running_postgres  # noqa: PLC0415  (of another extra)

    with TemporaryDirectory(prefix="dust-bench-") as folder, running_postgres(Path(folder)) as dsn:
        yield dsn


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"dust_bench_{uuid4().hex[:12]}"
    _in(server, "CREATE DATABASE {}", name)
    try:
        dsn = make_conninfo(server, dbname=name)
        upgrade(dsn)
        yield dsn
    finally:
        _in(server, "DROP DATABASE {} WITH (FORCE)", name)


def _in(server: str, statement: str, name: str) -> None:
    with connect(server) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _machine(server: str) -> Machine:
    with _database(server) as dsn, connect(dsn) as connection:
        return Machine(
            cores(),
            processor(),
            memory_mb(),
            platform.python_version(),
            f"PostgreSQL {_version(connection)}",
            is_hypertable(connection),
        )


def _version(connection: Connection) -> str:
    row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "?"
