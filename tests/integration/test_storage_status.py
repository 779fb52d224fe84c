"""`dust db status`, `chunk-interval` and `compression` on real servers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

from dust.storage import migrations
from dust.storage.__main__ import command
from dust.storage.capabilities import read_capabilities
from dust.storage.chunks import chunk_interval
from dust.storage.compression import CompressionWish, plan_compression
from dust.storage.connection import connect

if TYPE_CHECKING:
    from click.testing import Result
    from psycopg import Connection, sql

FILL = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, pm10, qc_pm1, qc_pm25, qc_pm10,
  qc_tsp, qc_tests, qc_version)
SELECT s, timestamptz '2024-02-01 00:00Z' + i * interval '1 minute', i, 1, 20, 40, 9, 1, 1, 9, 0, 1
FROM generate_series(1, 20000) AS i CROSS JOIN generate_series(1, 2) AS s
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments])


def told(url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("status", "--json", "--database", url).stdout)
    return found


def names() -> list[str]:
    return [name for name, _ in migrations.available()]


@pytest.mark.parametrize(
    ("kind", "loaded", "table"),
    [
        ("plain", "not loaded, not installed", "plain table"),
        ("timescale", "loaded, 2.", "hypertable, 7 days a chunk, 0 chunks"),
    ],
)
def test_the_status_says_what_the_server_is_and_what_is_pending(
    request: pytest.FixtureRequest, kind: str, loaded: str, table: str
) -> None:
    url = request.getfixturevalue(f"empty_{kind}_database")

    before = run("status", "--check", "--database", url)
    upgraded = run("upgrade", "--database", url)
    again = CliRunner().invoke(command, ["upgrade"], env={"DUST_DATABASE__URL": url})
    after = run("status", "--check", "--database", url)
    lines = after.stdout.splitlines()

    assert 1 == before.exit_code
    assert "readings: no table yet" in before.stdout
    assert f"pending migrations: {', '.join(names())}" in before.stdout
    assert [f"applied {name}" for name in names()] == upgraded.stdout.splitlines()
    assert "the schema is up to date\n" == again.stdout
    assert lines[0].startswith("PostgreSQL: 1")
    assert lines[1].startswith(f"TimescaleDB: {loaded}")
    assert f"readings: {table}" == lines[2]
    assert "pending migrations: none" in lines
    assert 0 == after.exit_code


def test_the_status_tells_of_readings_without_counting_them(database: str) -> None:
    with connect(database) as connection:
        connection.execute(FILL)
        connection.execute("ANALYZE readings")

    status = told(database)
    readings = next(table for table in status["tables"] if table["name"] == "readings")

    assert 40_000 == readings["rows"]
    assert 100 < status["bytes_per_reading"] < 250
    assert "2024-02-01T00:01:00Z" == status["oldest_reading"]
    assert status["newest_reading"] is None  # as the writer keeps it, who was not asked here


def test_a_server_that_may_lose_what_is_committed_is_warned_of(database: str) -> None:
    """That of the tests is one."""
    status = told(database)

    assert ["fsync is", "full_page_writes is", "synchronous_commit is"] == [
        finding["what"].split(" off")[0] for finding in status["findings"]
    ]
    assert "warning: fsync is off" in run("status", "--database", database).stdout


def test_a_database_that_is_newer_fails_the_check(plain_database: str) -> None:
    with connect(plain_database) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES ('9999_future', '')")

    status = run("status", "--check", "--database", plain_database)

    assert 1 == status.exit_code
    assert "newer than this software: it has 9999_future" in status.stdout


def test_the_status_is_a_table_on_a_terminal(
    plain_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.is_terminal", property(lambda _: True))

    shown = run("status", "--database", plain_database).stdout

    assert "pending migrations" in shown
    assert "PostgreSQL:" not in shown
    assert "ALTER SYSTEM SET fsync = on" in shown


def test_the_chunk_interval_is_reckoned_and_set_for_new_chunks_only(
    timescale_database: str,
) -> None:
    with connect(timescale_database) as connection:
        connection.execute(FILL)
        wish = ["--sensors", "1000", "--sampling-interval", "30", "--database", timescale_database]
        before = run("chunk-interval", *wish)
        unchanged = chunk_interval(connection)
        after = run("chunk-interval", "--apply", *wish)
        chunks = connection.execute("SELECT count(*) FROM show_chunks('readings')").fetchone()

        assert "would change from 7 days to" in before.stdout
        assert timedelta(days=7) == unchanged
        assert "for chunks that are made from now on" in after.stdout
        assert unchanged != chunk_interval(connection)
        assert (2,) == chunks


def test_the_usual_chunk_interval_fits_the_district(timescale_database: str) -> None:
    found = run("chunk-interval", "--sensors", "40", "--json", "--database", timescale_database)
    advice = json.loads(found.stdout)

    assert ("P7D", "P7D", False) == (advice["current"], advice["advised"], advice["applied"])
    assert "40 sensors send 57,600 readings a day" == advice["arithmetic"][0]


def test_a_plain_table_has_no_chunk_interval_to_set(plain_database: str) -> None:
    plain = ["--sensors", "40", "--database", plain_database]

    asked = run("chunk-interval", *plain)
    refused = run("chunk-interval", "--apply", *plain)

    assert "readings is a plain table: chunks of" in asked.stdout
    assert 1 == refused.exit_code
    assert "nothing can be set" in str(refused.exception)


def test_a_server_without_the_library_refuses_to_compress_and_says_why(database: str) -> None:
    result = run("compression", "--after", "500d", "--apply", "--database", database)
    reason = told(database)["compression_refusal"]

    assert 1 == result.exit_code
    assert f"compression is not possible: {reason}" == str(result.exception)
    assert "licence" in reason or "plain PostgreSQL" in reason


def test_the_apache_edition_knows_every_statement_of_the_plan(timescale_database: str) -> None:
    """And refuses those of compression by their licence, not by their form."""
    with connect(timescale_database) as connection:
        full = replace(read_capabilities(connection), licence="timescale")
        wish = CompressionWish("500 days", "400 days", is_within=False)
        errors = [
            _error(connection, statement) for statement in plan_compression(full, wish).statements
        ]

    assert [
        "functionality not supported",
        "done",
        'function "remove_compression_policy" is not supported',
        'function "add_compression_policy" is not supported',
    ] == [error.split(" under the current")[0] for error in errors]


def _error(connection: Connection, statement: sql.Composed) -> str:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.errors.FeatureNotSupported as error:
        return str(error)
    return "done"
