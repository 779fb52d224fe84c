"""The limit: the same rows into an equally empty table of the same schema, by nothing but SQL.

What a writer could reach that had every row ready, with nothing else running on the machine.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from psycopg import sql

from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

ROWS_AT_ONCE: Final = 5000
_COPIED: Final = "bench_rows"
T = TypeVar("T")


class Rows(NamedTuple):
    """The readings of a round in the order in which they were stored, ready to be sent."""

    columns: list[str]
    types: list[str]
    warm: list[bytes]
    timed: list[bytes]
    n_warm: int
    n_timed: int


def rows_of(dsn: str, warm: int, most: int | None = None) -> Rows:
    """Copy readings out of a database in the server's binary format; the first `warm` apart."""
    with connect(dsn) as connection:
        columns, types = _columns(connection)
        # Several processes would hand the rows over in turns, no longer in their order.
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute(
            sql.SQL("CREATE UNLOGGED TABLE {} AS SELECT row_number() OVER () AS place, * FROM {}")
            .format(sql.Identifier(_COPIED), _readings(columns, most))
        )  # fmt: skip
        connection.execute(sql.SQL("CREATE INDEX ON {} (place)").format(sql.Identifier(_COPIED)))
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(_COPIED)))
        total = int(_value(connection, f"SELECT count(*) FROM {_COPIED}"))  # noqa: S608  (our name)
        chunks = [
            _chunk(connection, columns, first, min(first + ROWS_AT_ONCE, upto))
            for start, upto in ((0, warm), (warm, total))
            for first in range(start, upto, ROWS_AT_ONCE)
        ]
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(_COPIED)))
    n_warm = -(-warm // ROWS_AT_ONCE)
    return Rows(columns, types, chunks[:n_warm], chunks[n_warm:], warm, total - warm)


def copy_per_s(dsn: str, rows: Rows, sessions: int = 1) -> float:
    """Binary COPY into a temporary table and one INSERT … SELECT for every 5,000 rows."""

    def store(connection: Connection, chunk: bytes) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            with cursor.copy("COPY staging FROM STDIN (FORMAT binary)") as copy:
                copy.write(chunk)
            cursor.execute(_insert_from(rows, sql.SQL("staging")))
            cursor.execute("TRUNCATE staging")

    return _rate(dsn, rows, sessions, rows.warm, rows.timed, store)


def unnest_per_s(dsn: str, rows: Rows) -> float:
    """One INSERT … SELECT FROM unnest(…) for every 5,000 rows, from lists of Python values."""
    arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(t)) for t in rows.types)
    names = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    source = sql.SQL("unnest({}) AS staging ({})").format(arrays, names)
    statement = _insert_from(rows, source)
    with connect(dsn) as connection:
        _stage(connection)
        warm = [_lists(connection, rows, chunk) for chunk in rows.warm]
        timed = [_lists(connection, rows, chunk) for chunk in rows.timed]
    return _rate(dsn, rows, 1, warm, timed, lambda c, lists: c.execute(statement, lists))


def _rate(
    dsn: str,
    rows: Rows,
    sessions: int,
    warm: list[T],
    timed: list[T],
    store: Callable[[Connection, T], Any],
) -> float:
    """Rows a second into the emptied table, split between so many sessions."""
    with connect(dsn) as connection:
        connection.execute("TRUNCATE readings")
        connection.execute("CHECKPOINT")
    both = threading.Barrier(sessions + 1)
    with ThreadPoolExecutor(sessions) as pool:
        working = [
            pool.submit(
                _store_all, dsn, both, store, warm[number::sessions], timed[number::sessions]
            )
            for number in range(sessions)
        ]
        with suppress(threading.BrokenBarrierError):  # then its reason comes as the result
            both.wait()
        started_s = time.perf_counter()
        for each in working:
            each.result()
    return rows.n_timed / (time.perf_counter() - started_s)


def _store_all(
    dsn: str,
    both: threading.Barrier,
    store: Callable[[Connection, T], Any],
    warm: list[T],
    timed: list[T],
) -> None:
    """One session's share."""
    try:
        with connect(dsn) as connection:
            _stage(connection)
            for each in warm:
                store(connection, each)
            both.wait()
            for each in timed:
                store(connection, each)
    except BaseException:
        both.abort()
        raise


def _stage(connection: Connection) -> None:
    connection.execute("CREATE TEMPORARY TABLE staging (LIKE readings INCLUDING DEFAULTS)")


def _insert_from(rows: Rows, source: sql.Composable) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    return sql.SQL(
        "INSERT INTO readings ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING"
    ).format(names, names, source)  # fmt: skip


def _lists(connection: Connection, rows: Rows, chunk: bytes) -> list[list[Any]]:
    """A chunk as one list of values a column."""
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        with cursor.copy("COPY staging FROM STDIN (FORMAT binary)") as copy:
            copy.write(chunk)
        names = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name))
            if kind == "jsonb"
            else sql.Identifier(name)
            for name, kind in zip(rows.columns, rows.types, strict=True)
        )
        found = cursor.execute(sql.SQL("SELECT {} FROM staging").format(names)).fetchall()
    return [list(column) for column in zip(*found, strict=True)]


def _chunk(connection: Connection, columns: list[str], first: int, upto: int) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL(
        "COPY (SELECT {} FROM {} WHERE place > {} AND place <= {} ORDER BY place)"
        " TO STDOUT (FORMAT binary)"
    ).format(names, sql.Identifier(_COPIED), sql.Literal(first), sql.Literal(upto))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(bytes(part) for part in copy)


def _readings(columns: list[str], most: int | None) -> sql.Composed:
    """The table in the order in which it was written, which is that of a scan."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    few = sql.SQL("(SELECT {} FROM readings LIMIT {}) AS stored")
    return few.format(names, sql.Literal(most))


def _columns(connection: Connection) -> tuple[list[str], list[str]]:
    found = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = 'readings'::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' AND attidentity = '' ORDER BY attnum"
    ).fetchall()
    return [name for name, _ in found], [kind for _, kind in found]


def _value(connection: Connection, query: str) -> Any:  # noqa: ANN401  (whatever it asks for)
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
