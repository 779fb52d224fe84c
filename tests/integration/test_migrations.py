"""The schema: applied once, by one at a time, and never changed behind the database's back."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from typer.testing import CliRunner

from dust.errors import Unavailable
from dust.storage import migrations, patience, timescale
from dust.storage.__main__ import command
from dust.storage.connection import connect
from dust.storage.timescale import CHUNK_INTERVAL, is_hypertable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = ("9999_later", "ALTER TABLE readings ADD COLUMN later integer; CREATE TABLE later ()")


def schema(url: str) -> list[tuple[str, ...]]:
    """Every column of every table of ours."""
    with connect(url) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " ORDER BY table_name, ordinal_position"
        ).fetchall()


def names() -> list[str]:
    return [name for name, _ in migrations.available()]


def test_a_second_upgrade_applies_nothing_and_changes_nothing(empty_database: str) -> None:
    applied = migrations.upgrade(empty_database)
    before = schema(empty_database)

    assert names() == applied
    assert [] == migrations.upgrade(empty_database)
    assert before == schema(empty_database)


@pytest.mark.parametrize(("kind", "expected"), [("plain", False), ("timescale", True)])
def test_readings_is_a_hypertable_where_timescaledb_is_and_a_plain_table_elsewhere(
    request: pytest.FixtureRequest,
    kind: str,
    expected: bool,  # noqa: FBT001  (a parameter of the case)
) -> None:
    url = request.getfixturevalue(f"empty_{kind}_database")
    migrations.upgrade(url)

    with connect(url) as connection:
        assert expected == is_hypertable(connection)


def test_the_hypertable_has_the_chunk_interval_that_is_written(timescale_database: str) -> None:
    with connect(timescale_database) as connection:
        found = connection.execute(
            "SELECT time_interval = %s::interval FROM timescaledb_information.dimensions"
            " WHERE hypertable_name = 'readings'",
            (CHUNK_INTERVAL,),
        ).fetchall()

    assert [(True,)] == found


def test_a_database_that_gets_timescaledb_later_keeps_its_readings(
    empty_timescale_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "adopt_hypertable", lambda *_: False)
        migrations.upgrade(empty_timescale_database)
    with connect(empty_timescale_database) as connection:
        connection.execute(
            "INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25,"
            " qc_pm10, qc_tsp, qc_tests, qc_version)"
            " SELECT 1, timestamptz '2024-01-01' + i * interval '1 day', i, 1, i, 9, 1, 9, 9, 0, 1"
            " FROM generate_series(1, 30) AS i"
        )

        monkeypatch.setattr(timescale, "_MANY", 30)
        connection.execute("ANALYZE readings")
        heard: list[str] = []

        assert [] == migrations.upgrade(empty_timescale_database, heard.append)
        assert is_hypertable(connection)
        assert heard[0].startswith("moving about ")
        assert "about 1 min" in heard[0]
        assert (30,) == connection.execute("SELECT count(*) FROM readings").fetchone()


def test_upgrades_at_the_same_time_wait_for_each_other(empty_database: str) -> None:
    together = threading.Barrier(4)
    applied: list[list[str]] = []

    def work() -> None:
        together.wait(20)
        applied.append(migrations.upgrade(empty_database))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [[], [], [], names()] == sorted(applied)


def test_upgrades_of_two_processes_wait_for_each_other(empty_database: str) -> None:
    one = [sys.executable, "-m", "dust.storage", "upgrade", "--database", empty_database]
    processes = [
        subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = sorted(process.communicate(timeout=60)[0] for process in processes)

    assert [0, 0] == [process.returncode for process in processes]
    assert ["".join(f"applied {name}\n" for name in names()), "the schema is up to date\n"] == told


def test_who_waits_for_another_upgrade_is_told(empty_plain_database: str) -> None:
    heard: list[str] = []

    with connect(empty_plain_database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (migrations._LOCK,))

        def say(text: str) -> None:
            heard.append(text)
            other.execute("SELECT pg_advisory_unlock(%s)", (migrations._LOCK,))

        migrations.upgrade(empty_plain_database, say)

    assert ["another upgrade of this database is running: waiting for it"] == heard


@pytest.fixture
def waiting(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that lacks one migration; locks are given up soon and asked for again at once."""
    monkeypatch.setattr(patience, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(patience, "_PAUSE_S", 0.0)
    every = migrations.available()
    monkeypatch.setattr(migrations, "available", lambda: [*every, LATER])
    return database


def test_a_lock_on_readings_is_asked_for_briefly_and_again(waiting: str) -> None:
    heard: list[str] = []

    with psycopg.connect(waiting) as reader:
        reader.execute("SELECT * FROM readings")

        def say(text: str) -> None:
            heard.append(text)
            if len(heard) == 3:
                reader.commit()

        applied = migrations.upgrade(waiting, say)

    assert [LATER[0]] == applied
    assert [
        f"migration 9999_later: somebody else holds a lock; attempt {n} of 30" for n in (1, 2, 3)
    ] == heard


def test_a_lock_that_is_never_free_ends_the_upgrade_with_nothing_done(waiting: str) -> None:
    with psycopg.connect(waiting) as reader:
        reader.execute("SELECT * FROM readings")

        with pytest.raises(Unavailable, match="30 times in a row; nothing was changed"):
            migrations.upgrade(waiting)

    assert "later" not in {table for table, *_ in schema(waiting)}
    with connect(waiting) as connection:
        assert [LATER[0]] == migrations.pending(connection)
        assert (True,) == connection.execute(
            "SELECT pg_try_advisory_lock(%s)", (migrations._LOCK,)
        ).fetchone()


def test_a_database_that_is_newer_than_the_software_is_refused(database: str) -> None:
    with connect(database) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE name = %s", (names()[-1],))
        connection.execute("INSERT INTO schema_migrations VALUES ('9999_future', '')")
    before = schema(database)

    with pytest.raises(migrations.NewerSchema, match="There is no downgrade") as refused:
        migrations.upgrade(database)

    assert "the database has 9999_future" in str(refused.value)
    assert f"up to {names()[-1]}" in str(refused.value)
    assert before == schema(database)


def test_who_needs_this_version_s_schema_is_told_when_it_is_older(
    empty_plain_database: str,
) -> None:
    with connect(empty_plain_database) as connection:
        with pytest.raises(migrations.OlderSchema, match="run `dust db upgrade`"):
            migrations.refuse_older(connection)

        migrations.upgrade(empty_plain_database)

        migrations.refuse_older(connection)


@pytest.fixture
def clerk(empty_timescale_database: str) -> Iterator[str]:
    """The database's URL for a role that may make tables in it and nothing else."""
    name = "clerk_" + urlsplit(empty_timescale_database).path.removeprefix("/")
    with connect(empty_timescale_database) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute(f"GRANT ALL ON SCHEMA public TO {name}")
        yield empty_timescale_database.replace("postgres@", f"{name}@", 1)
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


def test_a_role_that_may_not_create_the_extension_keeps_a_plain_table(clerk: str) -> None:
    heard: list[str] = []

    applied = migrations.upgrade(clerk, heard.append)
    status = CliRunner().invoke(command, ["status", "--check", "--database", clerk])

    assert names() == applied
    assert "this role may not create the extension" in heard[0]
    assert 0 == status.exit_code
    assert "readings: plain table" in status.stdout
    assert "TimescaleDB is loaded, but readings is a plain table" in status.stdout


def test_a_migration_that_reads_otherwise_than_when_it_was_applied_is_refused(
    plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, sql = migrations.available()[0]
    later = ("9999_pre_later", "CREATE TABLE later ()")
    rest = migrations.available()[1:]
    monkeypatch.setattr(migrations, "available", lambda: [(first, sql + " "), *rest, later])

    with pytest.raises(migrations.ChangedMigration, match=first):
        migrations.upgrade(plain_database)

    assert "later" not in {table for table, *_ in schema(plain_database)}


def test_a_migration_that_fails_half_way_leaves_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = ("9999_pre_bad", "CREATE TABLE half (); SELECT 1 / 0")
    good = migrations.available()
    monkeypatch.setattr(migrations, "available", lambda: [*good, bad])

    with pytest.raises(Exception, match="division by zero"):
        migrations.upgrade(database)

    assert "half" not in {table for table, *_ in schema(database)}
    with connect(database) as connection:
        assert ["9999_pre_bad"] == migrations.pending(connection)


def test_a_command_without_a_database_is_wrong_use() -> None:
    result = CliRunner().invoke(command, ["status"])

    assert 2 == result.exit_code
    assert "DUST_DATABASE__URL" in result.stderr


def test_a_database_that_is_not_there_is_said_to_be_unavailable(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        command, ["status", "--database", f"postgresql:///x?host={tmp_path}"]
    )

    assert "Unavailable" == type(result.exception).__name__
