"""Servers other than those of the other tests: the oldest, and one that lost its library."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from fixtures.timescale_server import OPTIONS
from integration.desk import Desk, hours, settle
from integration.networks import apply, network
from typer.testing import CliRunner

from dust.storage import migrations
from dust.storage.__main__ import command
from dust.storage.capabilities import read_capabilities
from dust.storage.connection import connect
from dust.storage.reading_drop import drop_readings
from dust.storage.retention import plan_retention

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.debian_server import Cluster

    from dust.testing import FakeClock

START = datetime(2024, 2, 1, tzinfo=UTC)


def test_the_oldest_postgresql_stores_averages_judges_and_drops(
    oldest_database: str, now: FakeClock
) -> None:
    apply(oldest_database, network())
    desk = Desk(oldest_database, now)
    desk.take_readings(hours("pms-v1", [60.0] * 24 * 12, START))
    desk.close()
    with connect(oldest_database) as connection:
        settle(connection)
        version = connection.execute("SHOW server_version_num").fetchone()
        told = connection.execute("SELECT * FROM averages ORDER BY 1, 2, 3, 4").fetchall()
        judged = connection.execute("SELECT count(*) FROM exceedances").fetchone()
        plan = plan_retention(connection, datetime(2024, 2, 8, tzinfo=UTC), is_hypertable=False)

        dropped = drop_readings(connection, plan, is_hypertable=False)
        kept = connection.execute("SELECT * FROM averages ORDER BY 1, 2, 3, 4").fetchall()
    status = CliRunner().invoke(command, ["status", "--check", "--database", oldest_database])

    assert version is not None
    assert version[0].startswith("15")
    assert judged is not None
    assert judged[0] > 0
    assert 7 * 96 == dropped
    assert told == kept
    assert 0 == status.exit_code


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_library_that_is_installed_but_not_loaded_is_told_and_the_table_is_plain(
    timescale_cluster: Cluster, log: Path
) -> None:
    heard: list[str] = []

    with timescale_cluster.running(log) as url:
        applied = migrations.upgrade(url, heard.append)
        status = CliRunner().invoke(command, ["status", "--database", url]).stdout

    assert applied
    assert "TimescaleDB is installed but not loaded" in heard[0]
    assert "TimescaleDB: not loaded\n" in status
    assert "readings: plain table" in status
    assert "warning: TimescaleDB is installed but not loaded" in status


def test_a_hypertable_whose_library_is_gone_takes_nothing_and_the_status_says_so(
    timescale_cluster: Cluster, log: Path, now: FakeClock
) -> None:
    with timescale_cluster.running(log, OPTIONS) as url:
        migrations.upgrade(url)
        apply(url, network())
        desk = Desk(url, now)
        desk.take_readings(hours("pms-v1", [20.0], START))
        desk.close()

    with timescale_cluster.running(log) as url:
        upgraded = CliRunner().invoke(command, ["upgrade", "--database", url])
        status = CliRunner().invoke(command, ["status", "--check", "--database", url])
        with connect(url) as connection:
            server = read_capabilities(connection)
            with pytest.raises(psycopg.Error, match="must be preloaded"):
                connection.execute("INSERT INTO readings SELECT * FROM readings")

    assert (False, True) == (server.is_preloaded, server.is_hypertable)
    assert "LibraryNotLoaded" == type(upgraded.exception).__name__
    assert "set shared_preload_libraries = 'timescaledb'" in str(upgraded.exception)
    assert 0 == status.exit_code
    assert "readings is a hypertable, but TimescaleDB is not loaded: nothing can be written" in (
        status.stdout
    )

    with timescale_cluster.running(log, OPTIONS) as url, connect(url) as connection:
        assert (4,) == connection.execute("SELECT count(*) FROM readings").fetchone()
