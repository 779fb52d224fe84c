"""After a backfill of many chunks, writer and worker look into those they need and no other.

A statement that is repeated gets a plan for any parameters; where its bounds in time are no part of
the statement, such a plan goes through every chunk there is. What was looked into is asked of the
server's own counts, whatever the statements are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.desk import Desk, hours, settle
from integration.networks import apply, network

from dust.storage.connection import connect
from dust.storage.server_status import read_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from dust.testing import FakeClock

START = datetime(2024, 2, 1, tzinfo=UTC)
WEEKS = 60
N_HOURS = 24
"""More than a session asks before it takes one plan for all."""
NEAR = timedelta(days=3)
"""Farther than the flags of a reading reach."""
OLD_FLAGS = """
UPDATE readings SET qc_version = 1 WHERE phenomenon_time >= %s AND phenomenon_time < %s
"""
BACKFILL = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25, qc_pm10, qc_tsp,
  qc_tests, qc_version)
SELECT sensor_id, %s::timestamptz - w * interval '7 days' + h * interval '1 hour', 1000 * w + h, 1,
  20, 9, 1, 9, 9, 0, 2
FROM sensors CROSS JOIN generate_series(1, %s) AS w CROSS JOIN generate_series(1, 48) AS h
"""
SCANS = """
SELECT c.range_start, c.range_end, coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0)
FROM timescaledb_information.chunks c
JOIN pg_stat_user_tables s ON s.schemaname = c.chunk_schema AND s.relname = c.chunk_name
ORDER BY c.range_start
"""
Scans = dict[tuple[datetime, datetime], int]


@pytest.fixture
def backfilled(timescale_database: str) -> str:
    """Sixty weeks of a few readings each."""
    apply(timescale_database, network())
    with connect(timescale_database) as connection:
        connection.execute(BACKFILL, (START, WEEKS))
        connection.execute("ANALYZE")
    return timescale_database


def scans(url: str) -> Scans:
    with connect(url) as connection:
        return {(start, end): n for start, end, n in connection.execute(SCANS)}


def looked_into(before: Scans, after: Scans) -> list[tuple[datetime, datetime]]:
    return [chunk for chunk, count in after.items() if count != before.get(chunk, 0)]


def write(url: str, clock: FakeClock, between: Callable[[], object] = lambda: None) -> None:
    """Hour after hour through the same connection, so that statements are prepared."""
    desk = Desk(url, clock)
    readings = hours("pms-v1", [20.0 + hour % 5 for hour in range(N_HOURS)], START)
    for first in range(0, len(readings), 4):
        desk.take_readings(readings[first : first + 4])
        between()
    desk.close()


def far_from_them(chunks: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    return [(start, end) for start, end in chunks if end < START - NEAR or start > START + NEAR]


def test_writing_looks_into_no_chunk_but_those_around(backfilled: str, now: FakeClock) -> None:
    before = scans(backfilled)

    write(backfilled, now)

    assert [] == far_from_them(looked_into(before, scans(backfilled)))


def test_averaging_and_flags_look_into_no_chunk_but_those_around(
    backfilled: str, now: FakeClock
) -> None:
    before = scans(backfilled)

    with connect(backfilled) as worker, connect(backfilled) as other:

        def flag_anew() -> None:
            other.execute(OLD_FLAGS, (START, START + NEAR))
            settle(worker)

        write(backfilled, now, flag_anew)

    found = looked_into(before, scans(backfilled))
    assert found
    assert [] == far_from_them(found)


def test_the_status_looks_into_no_chunk_but_the_first(backfilled: str) -> None:
    before = scans(backfilled)

    with connect(backfilled) as connection:
        status = read_status(connection)

    assert WEEKS == sum(table.n_chunks for table in status.tables)
    assert 1 == len(looked_into(before, scans(backfilled)))


def test_a_question_without_bounds_is_seen_in_every_chunk(backfilled: str) -> None:
    """The counts do tell: this is what the others must not do."""
    before = scans(backfilled)

    with connect(backfilled) as connection:
        for _ in range(7):
            connection.execute(
                "SELECT count(*) FROM readings WHERE sensor_id = %s AND n = %s", (1, 99)
            )

    assert WEEKS <= len(looked_into(before, scans(backfilled)))
