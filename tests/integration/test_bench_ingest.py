"""`dust bench ingest` in a few seconds: every figure is there, nothing is lost, nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from fixtures.broker import mosquitto_program
from typer.testing import CliRunner

from dust.network import load_network
from dust.storage import stored_network
from dust.storage.connection import connect
from ingest.load.__main__ import command
from ingest.load.errors import WronglyStored
from ingest.load.figures import IngestFigures
from ingest.load.limit import copy_per_s, rows_of, unnest_per_s
from ingest.load.server import network_file
from ingest.load.spooled import Layout, Part, spool_up
from ingest.load.tally import Tally, tally, wait_for_hours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from ingest.load.spooled import Spooled

LAYOUT = Layout(gateways=2, sensors=2, spacing_s=60)
_STORE = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, x,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version)
SELECT sensor_id, now() + seq * interval '1 second', seq, 60, 12.5, '{"a": 1}', 1, 1, 1, 9, 0, 1
FROM sensors JOIN unnest(%s::bigint[]) AS seq ON seq %% 2 = right(code, 1)::integer
"""
_AGAIN = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version)
SELECT sensor_id, phenomenon_time + interval '1 hour', seq, 60, 12.5, 1, 1, 1, 9, 0, 1
FROM readings WHERE seq = 10
"""


def quick(url: str, only: str) -> IngestFigures:
    mosquitto_program()
    arguments = ["--json", "--quick", "--only", only, "--database", url]
    done = CliRunner().invoke(command, arguments)

    assert 0 == done.exit_code, done.output + repr(done.exception)
    return msgspec.json.decode(done.stdout, type=IngestFigures)


def databases(url: str) -> list[tuple[str]]:
    with connect(url) as connection:
        return connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'dust_bench%'"
        ).fetchall()


def test_a_steady_load_is_measured_beside_its_limit(postgres_url: str) -> None:
    figures = quick(postgres_url, "steady")
    found = figures.steady

    assert found is not None
    assert (4000, 1, 0, 0) == (
        *(found.readings_in_a_round, found.rounds),
        *(found.lost, found.duplicated),
    )
    assert found.limit is not None
    assert found.ratio_to_limit == round(
        found.readings_per_s_of_rounds[0] / found.limit.copy_per_s, 3
    )
    assert min(found.limit.copy_two_sessions_per_s, found.limit.unnest_per_s) > 0
    assert 40 == found.publish_to_receipt.batches
    assert 0 < found.publish_to_receipt.p50_s <= found.publish_to_receipt.p99_s
    assert found.ingest_peak_memory_mib > 10
    assert found.processor_per_1000.ingest_s > 0
    assert 4404 == found.disk.readings
    assert found.disk.total_bytes_per_reading > found.disk.table_bytes_per_reading > 100
    assert found.disk.wal_bytes_per_reading > 100
    assert [None] * 4 == [figures.visible, figures.one_by_one, figures.catch_up, figures.workers]
    assert [] == databases(postgres_url)


def test_what_was_published_shows_in_the_api(postgres_url: str) -> None:
    found = quick(postgres_url, "visible").visible

    assert found is not None
    assert (20, 0, 0) == (found.publish_to_receipt.batches, found.lost, found.duplicated)
    assert 0 < found.publish_to_visible.batches <= 20
    assert 0 < found.publish_to_visible.p50_s < 10


@pytest.mark.slow
def test_single_readings_are_measured_beside_a_plain_worker(postgres_url: str) -> None:
    found = quick(postgres_url, "one_by_one").one_by_one

    assert found is not None
    assert (2000, 1, 0, 0) == (found.messages, found.rounds, found.lost, found.duplicated)
    for compared in (found.backlog, found.live):
        assert min(compared.ingest.messages_per_s, compared.baseline.messages_per_s) >= 0
        assert compared.ingest.processor_per_1000.ingest_s > 0
        assert compared.baseline.processor_per_1000.ingest_s > 0
    assert found.live.ratio_to_baseline > 0


def test_full_spools_are_caught_up_and_their_hours_made(postgres_url: str) -> None:
    found = quick(postgres_url, "catch_up").catch_up

    assert found is not None
    assert (4000, 4, 0, 0) == (found.readings, found.gateways, found.lost, found.duplicated)
    assert found.hours_made >= 8 * found.outage_h // 1
    assert min(found.readings_per_s, found.limit_per_s) > 0
    assert 4 == len(found.ingest_memory_mib_of_quarters)


@pytest.fixture
def spooled(tmp_path: Path) -> Spooled:
    return spool_up(tmp_path / "packets", LAYOUT, [Part(10, 10)])


@pytest.fixture
def store(plain_database: str, tmp_path: Path) -> Iterator[psycopg.Connection]:
    """A database that knows the bench's network."""
    with connect(plain_database) as connection:
        stored_network.apply(connection, load_network(network_file(LAYOUT, tmp_path)))
        yield connection


def put(connection: psycopg.Connection, numbers: range) -> None:
    connection.execute(_STORE, (list(numbers),))


def test_all_that_was_published_is_there_once(
    store: psycopg.Connection, plain_database: str, spooled: Spooled
) -> None:
    put(store, range(1, 11))

    assert Tally(20, 20, 0, 0, 0) == tally(plain_database, spooled)


def test_a_reading_that_is_missing_is_told(
    store: psycopg.Connection, plain_database: str, spooled: Spooled
) -> None:
    put(store, range(1, 10))

    with pytest.raises(WronglyStored, match="lost=2, duplicated=0"):
        tally(plain_database, spooled)


def test_a_reading_that_is_there_twice_is_told(
    store: psycopg.Connection, plain_database: str, spooled: Spooled
) -> None:
    put(store, range(1, 11))
    store.execute(_AGAIN)

    with pytest.raises(WronglyStored, match="lost=0, duplicated=2"):
        tally(plain_database, spooled)


def test_a_reading_that_nobody_sent_is_told(
    store: psycopg.Connection, plain_database: str, spooled: Spooled
) -> None:
    put(store, range(2, 12))

    with pytest.raises(WronglyStored, match="of other numbers than 1 to 10"):
        tally(plain_database, spooled)


def test_the_limit_stores_the_same_rows(store: psycopg.Connection, plain_database: str) -> None:
    put(store, range(1, 11))
    everything = "SELECT * FROM readings ORDER BY sensor_id, phenomenon_time, seq"
    stored = store.execute(everything).fetchall()
    rows = rows_of(plain_database, warm=4)

    for sessions in (1, 2):
        assert copy_per_s(plain_database, rows, sessions) > 0
        assert stored == store.execute(everything).fetchall()
    assert unnest_per_s(plain_database, rows) > 0
    assert stored == store.execute(everything).fetchall()


def test_hours_that_nobody_has_made_are_told(
    store: psycopg.Connection, plain_database: str
) -> None:
    put(store, range(1, 11))

    with pytest.raises(WronglyStored, match="0 station hours are made of"):
        wait_for_hours(plain_database)
