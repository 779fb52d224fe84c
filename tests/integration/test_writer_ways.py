"""Readings that are taken for new go straight into the table; what is stored is the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.ports import wait_until
from integration.desk import Desk, payload
from integration.networks import GATEWAY
from integration.quarantining import rows
from psycopg.errors import CheckViolation, DeadlockDetected

from dust import wire
from dust.storage.connection import connect
from dust.testing import FakeClock, a_reading
from ingest import batch
from ingest.inbox import Delivery
from ingest.reading_rows import rows_of
from ingest.registry import Registry
from ingest.writer import write

if TYPE_CHECKING:
    import psycopg

    from dust.wire import WireReading
    from ingest.reading_rows import ReadingRows

T = 1_705_287_600_000
HOUR_MS = 3_600_000
SENSORS = ("pms-v1", "pms-v2")
MIXED = [
    a_reading(1, "pms-v1", T, pm25=11.2, x=None),
    a_reading(2, "pms-v2", T + 1, pm25=None, t_c=-3.5),
    a_reading(3, "pms-v1", T + 2, pm25=0.0, rh=61.0, x={"fan": "ok", "pm25_cf1": 24}),
    a_reading(4, "pms-v2", T + HOUR_MS, pm25=7.0, pm1=1.0, pm10=9.0, tsp=40.0),
    a_reading(5, "pms-v1", T + HOUR_MS, n=58, wind_deg=45.0, wind_mps=2.5, p_hpa=1003.5),
    a_reading(6, "pms-v1", T + HOUR_MS + 1, x={}),
]
EVERYTHING = "SELECT to_jsonb(r) - 'received_at' FROM readings r ORDER BY sensor_id, seq"
MARKS = "SELECT sensor_id, hour_start FROM dirty_hours ORDER BY 1, 2"


def made(connection: psycopg.Connection, readings: list[WireReading]) -> ReadingRows:
    sensors = Registry(FakeClock()).find(connection, set(SENSORS))
    return rows_of(readings, sensors, now_ms=T + 24 * HOUR_MS)


def put(connection: psycopg.Connection, readings: list[WireReading], *, may_repeat: bool) -> int:
    """Write in one transaction; returns how many were new."""
    return write(connection, made(connection, readings), [], [], may_repeat=may_repeat).new


def everything(connection: psycopg.Connection) -> tuple[list[Any], list[Any]]:
    return rows(connection, EVERYTHING), rows(connection, MARKS)


@pytest.mark.usefixtures("place")
def test_both_ways_store_every_field_and_mark_the_same_hours(
    connection: psycopg.Connection,
) -> None:
    assert 6 == put(connection, MIXED, may_repeat=False)
    straight = everything(connection)
    connection.execute("TRUNCATE readings, dirty_hours")

    assert 6 == put(connection, MIXED, may_repeat=True)
    assert straight == everything(connection)
    assert (6, 4) == tuple(map(len, straight))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("known", [MIXED[:1], MIXED[2:5], MIXED])
def test_what_was_taken_for_new_and_is_there_already_is_stored_once(
    connection: psycopg.Connection, known: list[WireReading]
) -> None:
    put(connection, known, may_repeat=True)
    connection.execute("TRUNCATE dirty_hours")

    assert len(MIXED) - len(known) == put(connection, MIXED, may_repeat=False)
    assert [(len(MIXED),)] == rows(connection, "SELECT count(*) FROM readings")
    new = {(each.sensor, each.t // HOUR_MS) for each in MIXED if each not in known}
    assert [(len(new),)] == rows(connection, "SELECT count(*) FROM dirty_hours")


@pytest.mark.usefixtures("place")
def test_a_reading_that_is_twice_in_one_batch_is_stored_once(
    connection: psycopg.Connection,
) -> None:
    assert 6 == put(connection, [*MIXED, *MIXED[::2]], may_repeat=False)
    assert [(6,)] == rows(connection, "SELECT count(*) FROM readings")


@pytest.mark.usefixtures("place")
def test_a_row_that_is_refused_leaves_nothing_of_its_batch(connection: psycopg.Connection) -> None:
    connection.execute("ALTER TABLE readings ADD CHECK (pm25 < 10)")

    with pytest.raises(CheckViolation):
        put(connection, MIXED, may_repeat=False)

    assert ([], []) == everything(connection)


_PUT = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25, qc_pm10, qc_tsp,
  qc_tests, qc_version)
SELECT sensor_id, timestamptz 'epoch' + %s * interval '1 ms', %s, 1, 20, 9, 1, 9, 9, 0, 2
FROM sensors WHERE code = %s
"""
_WAITING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def test_two_who_wait_for_each_other_both_end_with_each_reading_once(
    place: str, connection: psycopg.Connection
) -> None:
    put(connection, [a_reading(9, t=T + 9)], may_repeat=True)  # who makes a chunk, holds it
    first, last = a_reading(1, "pms-v1", T), a_reading(2, "pms-v2", T)
    new: list[int] = []

    def write_both() -> None:
        with connect(place) as own:
            new.append(put(own, [first, last], may_repeat=False))

    with connect(place) as other:
        other.execute("SET deadlock_timeout = '60s'")  # the writer is the one that gives way
        with other.transaction():
            other.execute(_PUT, (last.t, last.seq, last.sensor))
            writing = threading.Thread(target=write_both)
            writing.start()
            wait_until(lambda: rows(connection, _WAITING) != [], "a writer that waits")
            other.execute(_PUT, (first.t, first.seq, first.sensor))
        writing.join(30)

    assert [0] == new
    assert [(3,)] == rows(connection, "SELECT count(*) FROM readings")
    wait_until(lambda: rows(connection, _DEADLOCKS) == [(1,)], "the count of the deadlock")


@pytest.mark.usefixtures("place")
def test_a_repeat_is_found_also_where_other_rows_begin_new_chunks(
    connection: psycopg.Connection,
) -> None:
    weeks = [a_reading(seq, t=T + seq * 7 * 24 * HOUR_MS) for seq in range(1, 21)]
    put(connection, weeks[10:11], may_repeat=True)

    assert 19 == put(connection, weeks, may_repeat=False)
    assert [(20, 20)] == rows(connection, "SELECT count(*), count(DISTINCT seq) FROM readings")


def test_a_batch_whose_bookkeeping_failed_is_written_again_whole(
    plain_desk: Desk, plain_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_connection.execute("ALTER TABLE readings ADD CHECK (pm25 < 10)")
    left = [DeadlockDetected("as another worker's book-keeping would cause it")]

    def write_or_fail(
        own: psycopg.Connection, table: ReadingRows | None, *more: Any, **ways: Any
    ) -> Any:
        if table is None and left:
            raise left.pop()
        return write(own, table, *more, **ways)

    monkeypatch.setattr(batch, "write", write_or_fail)
    readings = [a_reading(seq, t=T + seq, pm25=20.0 if seq == 2 else 5.0) for seq in (1, 2, 3)]
    message = payload(readings)
    plain_desk.pipeline.settle([Delivery(wire.readings_topic(GATEWAY), message, 1, 0)])

    assert [] == left
    assert [(1,), (3,)] == rows(plain_connection, "SELECT seq FROM readings ORDER BY seq")
    assert [(2, "refused_by_database", 1)] == rows(
        plain_connection, "SELECT seq, reason, times_received FROM quarantine"
    )
    assert [("{[1,2),[3,4)}", "{[2,3)}")] == rows(
        plain_connection, "SELECT received::text, quarantined::text FROM spools"
    )
