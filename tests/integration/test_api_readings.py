"""Single readings of a station: all of them, once each, and only while the sensor stood there."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from integration.api_server import serving_written
from integration.networks import apply, network, sensor, station
from integration.written_rows import NOW
from psycopg.rows import dict_row

from api.cursor import Cursor
from api.queries.readings import _AFTER, _READINGS, _SORTED, Order, Wanted, _parameters
from dust.periods import Period
from dust.quality import QcTest
from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from integration.api_server import ApiServer

MINUTE = timedelta(minutes=1)
LAST_MS = timedelta(milliseconds=1)
MOVED_AT = NOW - timedelta(hours=6)
PATH = "/api/v1/stations/v1/readings"
READING = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, pm10, rh, qc_pm1, qc_pm25, qc_pm10,
  qc_tsp, qc_tests, qc_version)
SELECT sensor_id, %(time)s, %(seq)s, 4, %(pm25)s, 30, 61.5, 9, %(flag)s, 1, 9, %(tests)s, 2
FROM sensors WHERE code = %(sensor)s
"""
BACKFILL = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25, qc_pm10, qc_tsp,
  qc_tests, qc_version)
SELECT sensor_id, %s::timestamptz - w * interval '7 days' - h * interval '1 hour', 1000 * w + h, 1,
  20, 9, 1, 9, 9, 0, 2
FROM sensors CROSS JOIN generate_series(0, %s) AS w CROSS JOIN generate_series(1, 48) AS h
"""
WEEKS = 30
DEPLOYED = """
SELECT sensor_id, code AS sensor, sampling_interval_s, deployed_from, deployed_to
FROM deployments JOIN sensors USING (sensor_id)
"""
SENSORS = (
    sensor("bam-ref", "bam1020"),
    sensor("pms-v1"),
    sensor("pms-two"),
    sensor("pms-moved"),
)
DEPLOYMENTS = (
    {"sensor": "bam-ref", "station": "ref"},
    {"sensor": "pms-v1", "station": "v1", "reports": ["pm25"]},
    {"sensor": "pms-two", "station": "v1", "reports": ["pm10"]},
    {"sensor": "pms-moved", "station": "v1", "reports": ["pm1"], "to": MOVED_AT},
    {"sensor": "pms-moved", "station": "v2", "from": MOVED_AT},
)
N_STEPS = 20
"""Quarters of an hour with a reading of every sensor, back from now."""


def write(connection: psycopg.Connection, code: str, time: datetime, seq: int, **more: Any) -> None:
    plain = {"pm25": 20.2, "flag": 1, "tests": 0}
    connection.execute(READING, plain | {"sensor": code, "time": time, "seq": seq} | more)


def fill(connection: psycopg.Connection) -> None:
    """Every sensor at the same instants; one says three things of one instant."""
    for step in range(1, N_STEPS + 1):
        time = NOW - 15 * step * MINUTE - LAST_MS
        for code in ("bam-ref", "pms-v1", "pms-two"):
            write(connection, code, time, 1000 - step)
        # Half of them before it was moved and half after.
        write(connection, "pms-moved", time - timedelta(hours=3, minutes=30), 1000 - step)
    crowded = NOW - 45 * MINUTE - LAST_MS
    for seq in (5, 2**40):
        write(connection, "pms-v1", crowded, seq)
    spoken = int(QcTest.SPIKE | QcTest.HUMIDITY)
    write(connection, "pms-v1", NOW - 5 * MINUTE - LAST_MS, 2000, pm25=88.5, flag=3, tests=spoken)
    write(connection, "pms-v1", MOVED_AT, 7)
    write(connection, "pms-moved", MOVED_AT, 7)
    write(connection, "pms-moved", MOVED_AT - LAST_MS, 6)
    write(connection, "pms-v1", NOW - timedelta(days=40), 1)
    write(connection, "pms-v1", NOW - timedelta(days=24), 2)


@pytest.fixture(scope="module")
def written(postgres_url: str, plain_template: str) -> Iterator[tuple[ApiServer, str]]:
    stations = [station("ref", "reference"), station("v1"), station("v2"), station("empty")]
    told = network(stations, SENSORS, DEPLOYMENTS)
    with serving_written(postgres_url, plain_template, told, fill) as made:
        yield made


@pytest.fixture(scope="module")
def api(written: tuple[ApiServer, str]) -> ApiServer:
    return written[0]


def answer(response: httpx.Response) -> Any:
    assert 200 == response.status_code, response.text
    assert "application/json" == response.headers["content-type"]
    return response.json()


def key(reading: dict[str, Any]) -> tuple[str, str, int]:
    return reading["phenomenon_time"], reading["sensor"], reading["seq"]


def pages(server: ApiServer, **parameters: str) -> list[list[Any]]:
    """One answer after the other, as `next` leads."""
    found = []
    path: str | None = str(server.client.build_request("GET", PATH, params=parameters).url)
    while path is not None:
        told = answer(server.client.get(path))
        found.append(told["readings"])
        path = told["next"]
    return found


def stored(url: str, since: datetime) -> list[tuple[str, datetime, int]]:
    """What a hand expects of v1: by a statement that knows no pages."""
    statement = """
        SELECT s.code, r.phenomenon_time, r.seq FROM readings r JOIN sensors s USING (sensor_id)
        WHERE (s.code IN ('pms-v1', 'pms-two') OR s.code = 'pms-moved' AND phenomenon_time < %s)
          AND phenomenon_time >= %s AND phenomenon_time < %s
        ORDER BY phenomenon_time, sensor_id, seq
    """
    with psycopg.connect(url) as connection:
        return connection.execute(statement, (MOVED_AT, since, NOW)).fetchall()


# --- What a reading says --------------------------------------------------------------------------
def test_a_reading_has_its_period_its_values_and_what_the_tests_said(api: ApiServer) -> None:
    told = answer(api.get(PATH, order="desc", limit="1"))

    assert [
        {
            "sensor": "pms-v1",
            "phenomenon_time": "2026-11-23T05:24:59.999Z",
            "period_start": "2026-11-23T05:10:00Z",
            "period_end": "2026-11-23T05:25:00Z",
            "seq": 2000,
            "n": 4,
            "pm1": None,
            "pm25": 88.5,
            "pm10": 30.0,
            "tsp": None,
            "t_c": None,
            "rh": 61.5,
            "p_hpa": None,
            "wind_mps": None,
            "wind_deg": None,
            "qc_pm1": 9,
            "qc_pm25": 3,
            "qc_pm10": 1,
            "qc_tsp": 9,
            "qc_tests": ["humidity", "spike"],
        }
    ] == told["readings"]


def test_the_head_says_that_nothing_is_corrected_and_what_the_numbers_may_claim(
    api: ApiServer,
) -> None:
    told = answer(api.get(PATH))

    assert True is told["uncorrected"]
    assert "/api/v1/stations/v1/averages" == told["corrected_averages"]
    assert {"ug/m3"} == {told["units"][name] for name in ("pm1", "pm25", "pm10", "tsp")}
    assert ("degC", "%") == (told["units"]["t_c"], told["units"]["rh"])
    assert ("screening", "not_claimable") == (
        told["claim_class"]["pm25"],
        told["claim_class"]["pm10"],
    )
    reference = answer(api.get("/api/v1/stations/ref/readings"))
    assert "reference" == reference["claim_class"]["pm10"]


def test_the_head_says_which_sensor_stood_there_until_when(api: ApiServer) -> None:
    told = answer(api.get(PATH))

    assert {
        "pms-moved": "2026-11-22T23:30:00Z",
        "pms-two": None,
        "pms-v1": None,
    } == {entry["sensor"]: entry["deployed_to"] for entry in told["deployments"]}
    assert ["pm25"] == told["deployments"][-1]["reports"]


def test_readings_are_those_of_the_last_24_hours_oldest_first_by_default(api: ApiServer) -> None:
    told = answer(api.get(PATH))

    times = [reading["phenomenon_time"] for reading in told["readings"]]
    assert sorted(times) == times
    assert ("2026-11-22T05:30:00Z", "2026-11-23T05:30:00Z") == (
        told["period_start"],
        told["period_end"],
    )
    assert ("asc", None) == (told["order"], told["next"])


def test_a_span_is_half_open(api: ApiServer) -> None:
    of_two = {"fields": "sensor,seq", "start": MOVED_AT.isoformat()}

    without = answer(api.get(PATH, end=(MOVED_AT + MINUTE).isoformat(), **of_two))["readings"]

    assert [{"sensor": "pms-v1", "seq": 7}] == without
    before = {"start": (MOVED_AT - MINUTE).isoformat(), "end": MOVED_AT.isoformat()}
    assert [6, 990] == [reading["seq"] for reading in answer(api.get(PATH, **before))["readings"]]


def test_old_readings_are_there_when_their_span_is_asked_for(api: ApiServer) -> None:
    span = {"start": "2026-10-10T00:00:00Z", "end": "2026-11-01T00:00:00+07:00"}

    told = answer(api.get(PATH, **span))

    assert [1, 2] == [reading["seq"] for reading in told["readings"]]


def test_only_the_members_asked_for_are_told(api: ApiServer) -> None:
    told = answer(api.get(PATH, fields="pm25, phenomenon_time", limit="2"))

    assert {("phenomenon_time", "pm25")} == {tuple(reading) for reading in told["readings"]}
    assert {"pm25": "ug/m3"} == told["units"]
    assert ["phenomenon_time,pm25"] == parse_qs(urlsplit(told["next"]).query)["fields"]


def test_a_station_without_a_sensor_has_no_readings(api: ApiServer) -> None:
    told = answer(api.get("/api/v1/stations/empty/readings"))

    assert ([], [], {}, None) == tuple(
        told[name] for name in ("readings", "deployments", "claim_class", "next")
    )


# --- Where the sensor stood -----------------------------------------------------------------------
def test_a_moved_sensor_is_each_stations_only_while_it_stood_there(api: ApiServer) -> None:
    here = answer(api.get(PATH))["readings"]
    there = answer(api.get("/api/v1/stations/v2/readings"))["readings"]

    moved_at = "2026-11-22T23:30:00Z"
    of_it = [reading for reading in here if reading["sensor"] == "pms-moved"]
    assert of_it
    assert all(reading["phenomenon_time"] < moved_at for reading in of_it)
    assert {"pms-moved"} == {reading["sensor"] for reading in there}
    assert moved_at == there[0]["phenomenon_time"]
    assert N_STEPS + 2 == len(of_it) + len(there)


# --- One answer after the other -------------------------------------------------------------------
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [*range(1, 12), 28, 55, 56, 57, 1000])
def test_pages_never_overlap_and_lose_nothing_whatever_their_size(
    written: tuple[ApiServer, str], order: str, limit: int
) -> None:
    api, url = written
    expected = [
        (sensor_code, time, seq) for sensor_code, time, seq in stored(url, NOW - timedelta(days=1))
    ]

    told = pages(api, order=order, limit=str(limit), fields="sensor,phenomenon_time,seq")

    found = [
        (reading["sensor"], datetime.fromisoformat(reading["phenomenon_time"]), reading["seq"])
        for page in told
        for reading in page
    ]
    assert (expected if order == "asc" else expected[::-1]) == found
    assert [limit] * (len(told) - 1) == [len(page) for page in told[:-1]]
    assert told[-1]


def test_what_comes_meanwhile_moves_no_page(written: tuple[ApiServer, str]) -> None:
    """A late reading before the place is not told any more, one behind it is; the rest stays."""
    api, url = written
    start = NOW - 10 * 15 * MINUTE
    span = {"start": start.isoformat(), "end": NOW.isoformat(), "limit": "9"}
    first = answer(api.get(PATH, **span))
    known = {
        key(reading) for reading in answer(api.get(PATH, **(span | {"limit": "999"})))["readings"]
    }
    late = [(start + MINUTE, 50_001), (NOW - MINUTE, 50_002)]
    with psycopg.connect(url) as connection:
        for time, seq in late:
            write(connection, "pms-two", time, seq)

    path, rest = first["next"], []
    while path is not None:
        told = answer(api.client.get(path))
        rest += told["readings"]
        path = told["next"]
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM readings WHERE seq > 50000 AND seq < 60000")

    keys = [key(reading) for reading in first["readings"] + rest]
    assert len(keys) == len(set(keys))
    assert {50_002} == {seq for _, _, seq in set(keys) - known}
    assert known <= set(keys)


def test_next_keeps_the_span_although_now_moves_on(api: ApiServer) -> None:
    following = parse_qs(urlsplit(answer(api.get(PATH, limit="1"))["next"]).query)

    assert {
        "start": ["2026-11-22T05:30:00+00:00"],
        "end": ["2026-11-23T05:30:00+00:00"],
        "order": ["asc"],
        "limit": ["1"],
    } == {name: value for name, value in following.items() if name != "after"}


def test_a_cursor_behind_the_last_reading_leads_to_an_empty_answer(api: ApiServer) -> None:
    after = Cursor(NOW, 2**31 - 1, 2**63 - 1).text()

    told = answer(api.get(PATH, after=after))

    assert ([], None) == (told["readings"], told["next"])


@pytest.mark.parametrize("order", Order)
def test_readings_are_found_by_the_primary_key_within_bounds(
    written: tuple[ApiServer, str], order: Order
) -> None:
    with psycopg.connect(written[1]) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = plan_of(connection, order)

    assert "readings_pkey" in plan, plan
    assert "Seq Scan" not in plan, plan
    assert "phenomenon_time >= d.stood_from" in plan, plan


@pytest.mark.parametrize("order", Order)
def test_only_the_chunks_of_the_span_are_looked_into(timescale_database: str, order: Order) -> None:
    apply(timescale_database, network())
    with connect(timescale_database) as connection:
        connection.execute(BACKFILL, (NOW, WEEKS))
        connection.execute("ANALYZE")
        plan = plan_of(connection, order)

    assert 1 <= len(set(re.findall(r"_hyper_\d+_\d+_chunk\b(?!_)", plan))) <= 2, plan


def plan_of(connection: psycopg.Connection, order: Order) -> str:
    """How the second stretch of a day is found, for all sensors at once."""
    with connection.cursor(row_factory=dict_row) as cursor:
        deployments = cursor.execute(DEPLOYED).fetchall()
    after = Cursor(NOW - timedelta(hours=1), 1, 1)
    wanted = Wanted(Period(NOW - timedelta(days=1), NOW), order, 10, after)
    statement = "EXPLAIN " + _READINGS + _AFTER[order] + _SORTED[order]
    lines = connection.execute(statement.encode(), _parameters(deployments, wanted)).fetchall()
    return "\n".join(line for (line,) in lines)
