"""From payloads to rows, on plain PostgreSQL and on TimescaleDB: all or quarantined, never lost."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.desk import OTHER_SPOOL, SPOOL, Desk, payload, quarters, raw_payload, settle
from integration.networks import SENSORS, apply, network, sensor

from dust import wire
from dust.clock import epoch_ms
from dust.storage.connection import connect
from dust.testing import a_reading
from ingest.registry import Registry

if TYPE_CHECKING:
    from dust.testing import FakeClock

HOUR = datetime(2024, 1, 15, 3, tzinfo=UTC)
T = epoch_ms(HOUR) + 59_999


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement.encode()).fetchall()


def stored(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "SELECT seq, pm25 FROM readings ORDER BY seq")


def quarantined(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "SELECT seq, reason, field FROM quarantine ORDER BY seq, reason")


# --- What is right --------------------------------------------------------------------------------
def test_a_batch_is_stored_with_every_field(desk: Desk, connection: psycopg.Connection) -> None:
    reading = wire.WireReading(
        seq=1,
        sensor="pms-v1",
        t=T,
        n=58,
        pm1=11.2,
        pm25=20.2,
        pm10=33.1,
        t_c=30.2,
        rh=61.0,
        p_hpa=1003.5,
        wind_mps=2.5,
        wind_deg=45.0,
        x={"pm25_cf1": 24, "fan": "ok"},
    )

    receipts = desk.take(payload([reading]))

    assert {SPOOL: [(1, 1)]} == receipts
    assert [
        (
            *(HOUR + timedelta(milliseconds=59_999), 58, 11.2, 20.2, 33.1, None, 30.2, 61.0),
            *(1003.5, 2.5, 45.0, {"pm25_cf1": 24, "fan": "ok"}, 1, 1, 1, 9),
        )
    ] == rows(
        connection,
        "SELECT phenomenon_time, n, pm1::numeric::float, pm25::numeric::float,"
        " pm10::numeric::float, tsp, t_c::numeric::float, rh, p_hpa, wind_mps, wind_deg, x,"
        " qc_pm1, qc_pm25, qc_pm10, qc_tsp FROM readings",
    )


def test_the_receipt_goes_out_after_the_commit_and_before_the_acknowledgement(
    desk: Desk, connection: psycopg.Connection
) -> None:
    seen: list[int] = []
    desk.subscriber.on_publish = lambda: seen.append(len(stored(connection)))

    desk.take(payload(quarters("pms-v1", HOUR, [10, 20])))

    assert [2] == seen
    assert [wire.receipts_topic("gw-1"), "acknowledged"] == [
        what for what, _ in desk.subscriber.done
    ]


def test_the_same_batch_again_changes_nothing_and_is_receipted_again(
    desk: Desk, connection: psycopg.Connection
) -> None:
    batch = payload(quarters("pms-v1", HOUR, [10, 20, 30]))
    desk.take(batch)
    settle(connection)
    before = rows(connection, "SELECT * FROM readings ORDER BY seq")

    receipts = desk.take(batch, batch)

    assert {SPOOL: [(1, 3)]} == receipts
    assert before == rows(connection, "SELECT * FROM readings ORDER BY seq")
    assert [] == rows(connection, "SELECT * FROM dirty_hours")


def test_batches_out_of_order_leave_the_same_rows(
    desk: Desk, connection: psycopg.Connection
) -> None:
    readings = quarters("pms-v1", HOUR, [10, 20, 30, 40])

    for part in (readings[2:], readings[:1], readings[1:3]):
        desk.take(payload(part))

    assert [(1, 10), (2, 20), (3, 30), (4, 40)] == stored(connection)
    assert [("{[1,5)}",)] == rows(connection, "SELECT received::text FROM spools")


def test_two_connections_that_write_the_same_rows_at_once_store_them_once(
    place: str, now: FakeClock, connection: psycopg.Connection
) -> None:
    batches = [
        payload([a_reading(seq, sensor, T + seq * 60_000) for seq in numbers for sensor in sensors])
        for numbers in (range(1, 41), range(20, 61))
        for sensors in (("pms-v1", "pms-v2"), ("pms-v2", "pms-v1"))
    ]
    together = threading.Barrier(2)
    receipts: list[Any] = []

    def work(order: list[bytes]) -> None:
        desk = Desk(place, now)
        try:
            for batch in order:
                together.wait(20)
                receipts.append(desk.take(batch))
        finally:
            desk.close()

    threads = [threading.Thread(target=work, args=(order,)) for order in (batches, batches[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert 8 == len(receipts)
    assert [(120, 60)] == rows(connection, "SELECT count(*), count(DISTINCT seq) FROM readings")
    assert [("{[1,61)}",)] == rows(connection, "SELECT received::text FROM spools")


def test_readings_of_a_foreign_device_without_a_spool_number_are_known_by_their_time(
    desk: Desk, connection: psycopg.Connection
) -> None:
    batch = payload([a_reading(0, t=T), a_reading(0, t=T + 60_000)])

    desk.take(batch, batch)

    assert [(0, 2)] == rows(connection, "SELECT min(seq), count(*) FROM readings")
    assert [("{}",)] == rows(connection, "SELECT received::text FROM spools")


def test_a_spool_is_a_set_of_ranges_whose_holes_are_gaps(
    desk: Desk, connection: psycopg.Connection
) -> None:
    for numbers in ((1, 2, 3), (7, 8), (3, 4)):
        desk.take(payload([a_reading(seq, t=T + seq * 60_000) for seq in numbers]))
    desk.take(payload([a_reading(5, t=T)], spool=OTHER_SPOOL))

    assert [(SPOOL, "gw-1", "{[1,5),[7,9)}"), (OTHER_SPOOL, "gw-1", "{[5,6)}")] == rows(
        connection, "SELECT spool::text, gateway, received::text FROM spools ORDER BY 1"
    )


def test_the_latest_reading_never_goes_back(desk: Desk, connection: psycopg.Connection) -> None:
    for seq, minute, level in ((1, 5, 50.0), (2, 9, 90.0), (3, 1, 10.0)):
        desk.take(payload([a_reading(seq, t=T + minute * 60_000, pm25=level)]))

    assert [(2, 90)] == rows(connection, "SELECT seq, pm25 FROM latest_readings")


def test_a_negative_value_is_stored_and_flagged(desk: Desk, connection: psycopg.Connection) -> None:
    desk.take(payload([a_reading(1, t=T, pm25=-0.5, pm10=5000.0)]))

    assert [(-0.5, 4, 3, 3)] == rows(
        connection, "SELECT pm25, qc_pm25, qc_pm10, qc_tests FROM readings"
    )


def test_a_reading_a_little_ahead_of_the_clock_is_stored_and_suspect(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    desk.take(payload([a_reading(1, t=now.now_ms() + 599_000)]))

    assert [(3, 4)] == rows(connection, "SELECT qc_pm25, qc_tests FROM readings")


# --- What is wrong --------------------------------------------------------------------------------
def test_the_good_readings_of_a_mixed_batch_are_stored_and_the_bad_ones_kept_with_their_reason(
    desk: Desk, connection: psycopg.Connection
) -> None:
    def item(seq: int, rest: str) -> str:
        return f'{{"seq":{seq},"sensor":"pms-v1","t":{T + seq * 60_000},{rest}}}'

    receipts = desk.take(
        raw_payload(
            item(1, '"pm25":1.5'),
            item(2, '"pm25":NaN'),
            item(3, '"pm2.5":3.5'),
            item(4, '"pm25":4.5').replace("pms-v1", "pms-nobody"),
            item(5, '"pm25":5e6'),
            item(6, '"pm25":6.5'),
        )
    )

    assert {SPOOL: [(1, 6)]} == receipts
    assert [(1, 1.5), (6, 6.5)] == stored(connection)
    assert [
        (2, "not_finite", "pm25", "nan", "a finite number"),
        (3, "malformed", "reading", ..., "Object contains unknown field `pm2.5`"),
        (4, "unknown_sensor", "sensor", "pms-nobody", "the code of a sensor in the network file"),
        (5, "value_out_of_range", "pm25", "5000000.0", "between -1000000 and 1000000"),
    ] == [
        (*row[:3], ... if row[1] == "malformed" else row[3], row[4])
        for row in rows(
            connection, "SELECT seq, reason, field, value, allowed FROM quarantine ORDER BY seq"
        )
    ]
    assert [("{[1,2),[6,7)}", "{[2,6)}")] == rows(
        connection, "SELECT received::text, quarantined::text FROM spools"
    )


def test_a_poison_message_that_comes_again_is_one_row_that_counts(
    desk: Desk, connection: psycopg.Connection
) -> None:
    poison, bad = b"{not json", payload([a_reading(1, t=1000)])

    for _ in range(3):
        desk.take(poison, bad)

    assert [("not_json", 3), ("time_too_old", 3)] == rows(
        connection, "SELECT reason, times_received FROM quarantine ORDER BY reason"
    )
    assert [(poison,)] == rows(
        connection, "SELECT payload FROM quarantine WHERE reason = 'not_json'"
    )


def test_a_row_that_the_database_refuses_is_quarantined_alone(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take(payload([a_reading(1, "pms-v2", T)], OTHER_SPOOL))
    connection.execute("TRUNCATE latest_readings, deployments, readings, spools")
    connection.execute("DELETE FROM sensors WHERE code = 'pms-v2'")  # the worker still knows it
    readings = [a_reading(seq, t=T + seq * 60_000) for seq in range(1, 8)]
    readings[4] = a_reading(5, "pms-v2", T)

    receipts = desk.take(payload(readings))

    assert {SPOOL: [(1, 7)]} == receipts
    assert [1, 2, 3, 4, 6, 7] == [seq for seq, _ in stored(connection)]
    assert [("gw-1", "dust/v1/gw-1/readings", 5, "refused_by_database")] == rows(
        connection, "SELECT gateway, topic, seq, reason FROM quarantine"
    )
    assert [("{[1,5),[6,8)}", "{[5,6)}")] == rows(
        connection, "SELECT received::text, quarantined::text FROM spools"
    )
    (kept,) = rows(connection, "SELECT payload FROM quarantine")[0]
    assert ("pms-v2", T) == (json.loads(kept)["sensor"], json.loads(kept)["t"])


POISON = {
    "a zero character in a field's name": raw_payload(
        f'{{"seq":1,"sensor":"pms-v1","t":{T},"\\u0000":NaN}}'
    ),
    "a truth value as sequence number": raw_payload(
        f'{{"seq":true,"sensor":"pms-v1","t":{T},"pm25":1}}'
    ),
    "a zero character in the extras": raw_payload(
        f'{{"seq":1,"sensor":"pms-v1","t":{T},"pm25":1,"x":{{"note":"\\u0000"}}}}'
    ),
    "a number too small for its column": raw_payload(
        f'{{"seq":1,"sensor":"pms-v1","t":{T},"pm25":1e-300}}'
    ),
    "the largest sequence number": raw_payload(
        f'{{"seq":{2**63 - 1},"sensor":"pms-v1","t":{T},"pm25":1}}'
    ),
    "the largest sequence number of a bad reading": raw_payload(
        f'{{"seq":{2**63 - 1},"sensor":"pms-v1","t":{T},"pm25":"x"}}'
    ),
    "a spool that only Python takes for a UUID": payload([a_reading(1)], spool=f"urn:uuid:{SPOOL}"),
    "bytes that are no UTF-8": b'{"v":1,"gateway":"\xff","spool":"x","readings":[]}',
    "a string of half a character": raw_payload(
        f'{{"seq":1,"sensor":"\\ud800","t":{T},"pm25":NaN}}'
    ),
    "brackets without end": b"[" * 200_000,
    "a number of ten thousand digits": raw_payload(
        f'{{"seq":1,"sensor":"pms-v1","t":{T},"pm25":{"9" * 10_000}}}'
    ),
    "a version of ten thousand digits": b'{"v":' + b"1" * 10_000 + b"}",
    "an empty message": b"",
    "readings that are no list": b'{"v":1,"gateway":"gw-1","spool":"%s","readings":7}'
    % SPOOL.encode(),
    "NaN where the list should be": b'{"v":1,"gateway":"gw-1","spool":"%s","readings":NaN}'
    % SPOOL.encode(),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_no_poison_stops_the_readings_behind_it(
    plain_desk: Desk, plain_connection: psycopg.Connection, poison: bytes
) -> None:
    good = payload([a_reading(9, t=T + 60_000)])

    receipts = plain_desk.take(poison, good)

    assert [9] == [seq for seq, _ in stored(plain_connection)]
    assert 1 == len(quarantined(plain_connection))
    assert any(first <= 9 <= last for first, last in receipts[SPOOL])


BAD_STATUS = {
    "no JSON": b"offline",
    "an empty payload, which clears a retained message": b"",
    "bytes that are no UTF-8": b'{"v":1,"gateway":"\xff","state":"online"}',
    "brackets without end": b'{"v":1,"gateway":"g","state":"x","sensors":' + b'{"a":' * 100_000,
}


@pytest.mark.parametrize("status", BAD_STATUS.values(), ids=BAD_STATUS.keys())
def test_a_status_that_cannot_be_read_stops_nothing(
    plain_desk: Desk, plain_connection: psycopg.Connection, status: bytes
) -> None:
    plain_desk.take_status(status)
    plain_desk.take_status(b'{"v":1,"gateway":"gw-1","state":"online"}')

    assert [("gw-1", "online")] == rows(
        plain_connection, "SELECT gateway, state FROM gateway_status"
    )


@pytest.mark.parametrize(
    "text", ["\\u0000", "\\\\u0000", "\\\\\\u0000"], ids=["zero", "its-spelling", "both"]
)
def test_a_status_with_a_zero_character_is_kept_without_it(
    plain_desk: Desk, plain_connection: psycopg.Connection, text: str
) -> None:
    status = f'{{"v":1,"gateway":"gw-1","state":"on{text}","spool":"{text}"}}'

    plain_desk.take_status(status.encode())

    state = json.loads(status)["state"].replace("\x00", "")
    assert [(state, state)] == rows(
        plain_connection, "SELECT state, status->>'state' FROM gateway_status"
    )


def test_a_copied_spool_on_two_gateways_never_gets_the_other_ones_receipt(
    desk: Desk, connection: psycopg.Connection
) -> None:
    """Two gateways made from one memory card: a receipt for both would delete what never came."""
    receipts = desk.take_all(
        [
            (wire.readings_topic(gateway), payload([a_reading(seq, t=T + seq)], SPOOL, gateway))
            for gateway, seq in (("gw-1", 1), ("gw-2", 2))
        ]
    )

    assert [("dust/v1/gw-1/receipts", [(1, 1)]), ("dust/v1/gw-2/receipts", [(2, 2)])] == sorted(
        (topic, receipt.ranges) for topic, receipt in receipts
    )
    assert [("gw-1", "{[1,2)}"), ("gw-2", "{[2,3)}")] == rows(
        connection, "SELECT gateway, received::text FROM spools ORDER BY 1"
    )


def test_readings_flow_once_their_unknown_sensor_is_registered(
    desk: Desk, place: str, now: FakeClock, connection: psycopg.Connection
) -> None:
    desk.take(payload([a_reading(1, "pms-new", T)]))
    apply(place, network(sensors=[*SENSORS, sensor("pms-new")]))
    now.advance(2)  # the registry asks at most once a second

    desk.take(payload([a_reading(2, "pms-new", T + 60_000)]))

    assert [(1, "unknown_sensor", "sensor")] == quarantined(connection)
    assert [2] == [seq for seq, _ in stored(connection)]


def test_a_lookup_that_failed_with_its_connection_makes_no_sensor_unknown(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    registry = Registry(now)
    lost = connect(plain_place)
    lost.close()
    with pytest.raises(psycopg.OperationalError):
        registry.find(lost, {"pms-v1"})

    assert {"pms-v1"} == registry.find(plain_connection, {"pms-v1"}).keys()
