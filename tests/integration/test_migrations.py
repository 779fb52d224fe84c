"""The schema: applied once, by one at a time, and never changed behind the database's back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from dust.storage import migrations
from dust.storage.__main__ import command
from dust.storage.connection import connect
from dust.storage.timescale import CHUNK_INTERVAL, is_hypertable

if TYPE_CHECKING:
    from pathlib import Path


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
        patch.setattr(migrations, "adopt_hypertable", lambda _: False)
        migrations.upgrade(empty_timescale_database)
    with connect(empty_timescale_database) as connection:
        connection.execute(
            "INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25,"
            " qc_pm10, qc_tsp, qc_tests, qc_version)"
            " SELECT 1, timestamptz '2024-01-01' + i * interval '1 day', i, 1, i, 9, 1, 9, 9, 0, 1"
            " FROM generate_series(1, 30) AS i"
        )

        assert [] == migrations.upgrade(empty_timescale_database)
        assert is_hypertable(connection)
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


def test_a_migration_that_reads_otherwise_than_when_it_was_applied_is_refused(
    plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, sql = migrations.available()[0]
    later = ("9999_pre_later", "CREATE TABLE later ()")
    monkeypatch.setattr(migrations, "available", lambda: [(first, sql + " "), later])

    with pytest.raises(migrations.ChangedMigration, match=first):
        migrations.upgrade(plain_database)

    assert "later" not in {table for table, *_ in schema(plain_database)}


def test_a_migration_that_fails_half_way_leaves_nothing(
    plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = ("9999_pre_bad", "CREATE TABLE half (); SELECT 1 / 0")
    good = migrations.available()
    monkeypatch.setattr(migrations, "available", lambda: [*good, bad])

    with pytest.raises(Exception, match="division by zero"):
        migrations.upgrade(plain_database)

    assert "half" not in {table for table, *_ in schema(plain_database)}
    with connect(plain_database) as connection:
        assert ["9999_pre_bad"] == migrations.pending(connection)


@pytest.mark.parametrize(
    ("kind", "loaded", "table"),
    [("plain", "not loaded", "plain table"), ("timescale", "loaded", "hypertable")],
)
def test_the_status_says_what_the_server_is_and_what_is_pending(
    request: pytest.FixtureRequest, kind: str, loaded: str, table: str
) -> None:
    url = request.getfixturevalue(f"empty_{kind}_database")
    run = CliRunner()

    before = run.invoke(command, ["status", "--check", "--database", url])
    upgraded = run.invoke(command, ["upgrade", "--database", url])
    again = run.invoke(command, ["upgrade"], env={"DUST_DATABASE__URL": url})
    after = run.invoke(command, ["status", "--check", "--database", url])

    assert 1 == before.exit_code
    assert f"pending migrations: {', '.join(names())}" in before.stdout
    assert [f"applied {name}" for name in names()] == upgraded.stdout.splitlines()
    assert "the schema is up to date\n" == again.stdout
    assert [
        f"TimescaleDB: {loaded}",
        f"readings: {table}",
        "pending migrations: none",
    ] == after.stdout.splitlines()[1:]
    assert 0 == after.exit_code


def test_a_command_without_a_database_is_wrong_use() -> None:
    result = CliRunner().invoke(command, ["status"])

    assert 2 == result.exit_code
    assert "DUST_DATABASE__URL" in result.stderr


def test_a_database_that_is_not_there_is_said_to_be_unavailable(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        command, ["status", "--database", f"postgresql:///x?host={tmp_path}"]
    )

    assert "Unavailable" == type(result.exception).__name__
