"""Readings that are taken for new go straight into the table; what is stored is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration.quarantining import rows
from psycopg.errors import CheckViolation

from dust.testing import FakeClock, a_reading
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
