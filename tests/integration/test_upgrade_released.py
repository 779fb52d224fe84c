"""An upgrade from every released schema, with rows in every table, loses none and stops nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import settle
from psycopg import sql

from dust.storage import migrations
from dust.storage.connection import connect
from dust.storage.timescale import is_hypertable

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

RELEASED = Path(__file__).parent / "released"
STATES = sorted(path.stem for path in RELEASED.glob("*.sql"))
"""The last migration of each released schema; a release adds a file of rows for its new tables."""
LATER = [name for name, _ in migrations.available() if name > STATES[-1]]
LEDGER = "schema_migrations"
HARMLESS = {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
"""Locks under which readings are written and read as ever."""
Rows = dict[str, list[str]]


@pytest.fixture(params=STATES)
def old(
    request: pytest.FixtureRequest, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A database as that release left it, rows in all its tables."""
    every = migrations.available()
    with monkeypatch.context() as patch:
        then = [(name, text) for name, text in every if name <= request.param]
        patch.setattr(migrations, "available", lambda: then)
        migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        for state in STATES[: STATES.index(request.param) + 1]:
            connection.execute((RELEASED / f"{state}.sql").read_bytes())
    return empty_database


def tables(connection: Connection) -> dict[str, list[str]]:
    """The columns of each of our tables."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    ):
        found.setdefault(table, []).append(column)
    return found


def rows(connection: Connection, columns: dict[str, list[str]]) -> Rows:
    """Every row of these columns as text, in an order of its own."""
    found: Rows = {}
    for table, names in columns.items():
        query = sql.SQL("SELECT row({})::text FROM {} ORDER BY 1").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
        )
        found[table] = [text for (text,) in connection.execute(query)]
    return found


def shape(url: str) -> list[tuple[Any, ...]]:
    """Columns, indexes, constraints and triggers; not those that a hypertable gives its chunks."""
    with connect(url) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes"
            " WHERE schemaname = 'public'"
            " UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''"
            " FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^_timescaledb'"
            " ORDER BY 1, 2, 3"
        ).fetchall()


def test_every_table_of_a_released_schema_holds_rows_before_the_upgrade(old: str) -> None:
    with connect(old) as connection:
        found = rows(connection, tables(connection))

    assert [] == [table for table, each in found.items() if not each]


def test_an_upgrade_keeps_every_row(old: str) -> None:
    with connect(old) as connection:
        columns = {table: names for table, names in tables(connection).items() if table != LEDGER}
        before = rows(connection, columns)
        was_hypertable = is_hypertable(connection)

        applied = migrations.upgrade(old)

        assert applied == [name for name, _ in migrations.available()][-len(applied) :]
        assert before == rows(connection, columns)
        assert was_hypertable == is_hypertable(connection)


def test_an_upgraded_schema_is_that_of_a_new_database(
    request: pytest.FixtureRequest, old: str
) -> None:
    kind = "timescale" if "timescale" in request.node.callspec.id else "plain"

    migrations.upgrade(old)

    assert shape(request.getfixturevalue(f"{kind}_database")) == shape(old)


def test_what_waited_in_the_old_schema_is_made_in_the_new_one(old: str) -> None:
    migrations.upgrade(old)

    with connect(old) as connection:
        settle(connection)
        left = connection.execute(
            "SELECT error, count(*) FROM dirty_hours GROUP BY error"
        ).fetchall()
        days = connection.execute(
            "SELECT count(*) FROM averages WHERE period_kind = 'day'"
        ).fetchone()

    assert [] == [row for row in left if row[0] != "kept"]
    assert (0,) != days


@pytest.mark.parametrize("name", LATER)
def test_a_migration_of_the_coming_release_stops_no_writer_of_readings(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A change to readings must need no stronger lock, or come with its own argument."""
    every = migrations.available()
    before = [each for each in every if each[0] < name]
    (text,) = [text for known, text in every if known == name]
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "available", lambda: before)
        migrations.upgrade(empty_database)

    with connect(empty_database) as connection, connection.transaction():
        connection.execute(text.encode())
        modes = connection.execute(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
            " AND relation = 'readings'::regclass"
        ).fetchall()

    assert set() == {mode for (mode,) in modes} - HARMLESS


def test_the_runner_takes_migrations_in_whatever_order_they_reach_it(
    empty_plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one release come from several people: one may be missing for a while."""
    every = migrations.available()
    missing, rest = every[3], [*every[:3], *every[4:]]
    listed: Callable[[], list[tuple[str, str]]] = lambda: rest  # noqa: E731  (replaced below)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "available", listed)
        migrations.upgrade(empty_plain_database)

    assert [missing[0]] == migrations.upgrade(empty_plain_database)
