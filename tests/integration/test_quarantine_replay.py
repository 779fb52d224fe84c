"""What was refused is taken in again when its cause is mended, once, whole, and with its number."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.desk import Desk, payload, quarters, raw_payload
from integration.networks import GATEWAY, SENSORS, apply, network, sensor
from integration.quarantining import numbers, replay, rows, waiting

from dust import wire
from dust.clock import epoch_ms
from dust.testing import a_reading
from ingest.batch import Batch
from ingest.quarantine import replay as replaying
from ingest.quarantine.rows import Choice

if TYPE_CHECKING:
    from dust.testing import FakeClock
    from ingest.decoding import DecodedMessage

HOUR = datetime(2024, 1, 15, 3, tzinfo=UTC)
T = epoch_ms(HOUR) + 59_999
NEW = [*SENSORS, sensor("pms-new")]


def register(url: str) -> None:
    apply(url, network(sensors=NEW))


def test_readings_of_a_sensor_that_is_registered_now_are_stored_with_all_that_follows(
    desk: Desk, place: str, now: FakeClock, connection: psycopg.Connection
) -> None:
    desk.take(payload([a_reading(1, t=T), *quarters("pms-new", HOUR, [10, -1], first_seq=2)]))
    assert [("{[1,2)}", "{[2,4)}")] == numbers(connection)
    rows(connection, "DELETE FROM dirty_hours RETURNING 1")
    register(place)
    rows(connection, "DELETE FROM dirty_hours RETURNING 1")

    result = replay(place, now)

    assert (2, 2, 2, {}) == (result.rows, result.stored, result.new_readings, result.refused)
    assert [("{[1,4)}", "{}")] == numbers(connection)
    assert [] == waiting(connection)
    assert [(2, 10, 1), (3, -1, 4)] == rows(
        connection, "SELECT seq, pm25, qc_pm25 FROM readings WHERE seq > 1 ORDER BY seq"
    )
    assert [(HOUR,)] == rows(connection, "SELECT DISTINCT hour_start FROM dirty_hours")
    assert [(3,)] == rows(
        connection,
        "SELECT seq FROM latest_readings JOIN sensors USING (sensor_id) WHERE code = 'pms-new'",
    )
    assert [(2, True)] == rows(
        connection, "SELECT count(*), bool_and(replayed_at IS NOT NULL) FROM quarantine"
    )


def test_a_second_replay_changes_nothing(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload(quarters("pms-new", HOUR, [10, 20])))
    register(plain_place)
    replay(plain_place, now)
    before = rows(plain_connection, "SELECT * FROM quarantine ORDER BY 1")

    assert 0 == replay(plain_place, now).rows
    assert before == rows(plain_connection, "SELECT * FROM quarantine ORDER BY 1")


def test_a_reading_from_the_future_is_stored_when_its_time_has_come(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload([a_reading(1, t=now.now_ms() + 3_600_000)]))
    assert 0 == replay(plain_place, now).stored

    now.advance(3_600)

    assert 1 == replay(plain_place, now).stored
    assert [("{[1,2)}", "{}")] == numbers(plain_connection)


def test_what_is_refused_again_stays_with_the_reason_of_today_and_a_count(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    ahead = a_reading(1, "pms-nobody", now.now_ms() + 3_600_000)
    plain_desk.take(payload([ahead, a_reading(2, "pms-nobody", T)]))
    now.advance(3_600)

    result = replay(plain_place, now)

    assert {"unknown_sensor": 2} == result.refused
    assert [(1, "unknown_sensor", 1), (2, "unknown_sensor", 1)] == waiting(plain_connection)
    assert [("sensor", "pms-nobody")] * 2 == rows(
        plain_connection, "SELECT field, value FROM quarantine"
    )
    assert [("{}", "{[1,3)}")] == numbers(plain_connection)


def test_every_kind_of_bad_reading_stays_what_it_is(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    def item(seq: str, rest: str) -> str:
        return f'{{"seq":{seq},"sensor":"pms-v1","t":{T},{rest}}}'

    plain_desk.take(
        raw_payload(
            item("1", '"pm25":NaN'),
            item("2", '"pm2.5":3.5'),
            item("3", '"pm25":5e6'),
            item("4", '"x":{"a":"\\u0000"},"pm25":1'),
            item("true", '"pm25":1'),
            '"no reading at all"',
        ),
        b"{not json",
        raw_payload(*[item(str(seq), '"pm25":1') for seq in range(10, 600)]),
    )
    before = rows(
        plain_connection, "SELECT quarantine_id, reason, field FROM quarantine ORDER BY 1"
    )

    result = replay(plain_place, now)

    assert 8 == result.rows == sum(result.refused.values())
    assert before == rows(
        plain_connection, "SELECT quarantine_id, reason, field FROM quarantine ORDER BY 1"
    )


def test_a_message_that_was_refused_whole_leaves_its_bad_readings_as_rows_of_their_own(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    message = payload([a_reading(1, t=T), a_reading(2, "pms-nobody", T + 1)])
    _set_aside(plain_connection, message)

    result = replay(plain_place, now)

    assert (1, 1, 1) == (result.rows, result.stored, result.new_readings)
    assert [(2, "unknown_sensor", 0)] == waiting(plain_connection)
    assert [("{[1,2)}", "{[2,3)}")] == numbers(plain_connection)


def test_a_message_whose_bad_readings_find_no_room_in_quarantine_stays_whole(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    _set_aside(plain_connection, payload([a_reading(1, t=T), a_reading(2, "pms-nobody", T + 1)]))
    plain_connection.execute(
        "INSERT INTO quarantine_days (gateway, day, n_kept)"
        " VALUES (%s, (now() AT TIME ZONE 'UTC')::date, 1000000)",
        (GATEWAY,),
    )

    assert (1, 0) == (replay(plain_place, now).rows, replay(plain_place, now).stored)
    assert [(None, "ingest_failed", 2)] == waiting(plain_connection)
    assert [] == rows(plain_connection, "SELECT seq FROM readings")

    plain_connection.execute("TRUNCATE quarantine_days")

    assert 1 == replay(plain_place, now).stored
    assert [(2, "unknown_sensor", 0)] == waiting(plain_connection)


def test_a_status_that_ingest_failed_on_is_kept_when_it_can_be(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    status = b'{"v":1,"gateway":"gw-1","state":"online"}'
    _set_aside(plain_connection, status, wire.status_topic(GATEWAY))

    assert 1 == replay(plain_place, now).stored
    assert [("gw-1", "online")] == rows(
        plain_connection, "SELECT gateway, state FROM gateway_status"
    )


def _set_aside(
    connection: psycopg.Connection, message: bytes, topic: str = wire.readings_topic(GATEWAY)
) -> None:
    connection.execute(
        "INSERT INTO quarantine (fingerprint, topic, gateway, reason, payload)"
        " VALUES (%s, %s, %s, 'ingest_failed', %s)",
        (message[:20], topic, GATEWAY, message),
    )


def test_a_row_that_the_database_refuses_again_costs_only_itself(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload(quarters("pms-new", HOUR, [10, 20, 30])))
    register(plain_place)
    plain_connection.execute(
        "ALTER TABLE readings ADD CONSTRAINT not_this CHECK (pm25 <> 20) NOT VALID"
    )

    result = replay(plain_place, now)

    assert (2, {"refused_by_database": 1}) == (result.stored, result.refused)
    assert [(2, "refused_by_database", 1)] == waiting(plain_connection)
    assert [("{[1,2),[3,4)}", "{[2,3)}")] == numbers(plain_connection)
    assert [(3,)] == rows(plain_connection, "SELECT count(*) FROM quarantine")


def test_a_dry_run_says_the_same_and_changes_nothing(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload([*quarters("pms-new", HOUR, [10, 20]), a_reading(3, "pms-no", T)]))
    register(plain_place)
    before = everything(plain_connection)

    dry = replay(plain_place, now, is_dry=True)

    assert before == everything(plain_connection)
    assert dry == replay(plain_place, now)


def everything(connection: psycopg.Connection) -> list[Any]:
    return [
        rows(connection, "SELECT * FROM quarantine"),
        rows(connection, "SELECT * FROM spools"),
        rows(connection, "SELECT * FROM readings"),
        rows(connection, "SELECT * FROM latest_readings"),
    ]


@pytest.mark.parametrize(
    ("choice", "stored"),
    [
        (Choice(reasons=["unknown_sensor"]), 2),
        (Choice(reasons=["time_in_future"]), 0),
        (Choice(gateways=["gw-1"]), 2),
        (Choice(gateways=["gw-2"]), 0),
        (Choice(sensors=["pms-new"]), 2),
        (Choice(sensors=["pms-v1"]), 0),
        (Choice(ids=[-1]), 0),
        (Choice(since=datetime(2100, 1, 1, tzinfo=UTC)), 0),
    ],
)
def test_only_chosen_rows_are_replayed(
    plain_desk: Desk, plain_place: str, now: FakeClock, choice: Choice, stored: int
) -> None:
    plain_desk.take(payload(quarters("pms-new", HOUR, [10, 20])))
    register(plain_place)

    assert stored == replay(plain_place, now, choice).stored


def test_two_replays_at_once_take_each_row_once(
    plain_desk: Desk,
    plain_place: str,
    now: FakeClock,
    plain_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replaying, "ROWS_AT_ONCE", 7)
    plain_desk.take_readings([a_reading(seq, "pms-new", T + seq * 1000) for seq in range(1, 301)])
    register(plain_place)
    together = threading.Barrier(3)
    results = []

    def work() -> None:
        together.wait(20)
        results.append(replay(plain_place, now))

    def ingest() -> None:
        """The gateway sends the same again meanwhile."""
        desk = Desk(plain_place, now)
        together.wait(20)
        for _ in range(3):
            desk.take_readings([a_reading(seq, "pms-new", T + seq * 1000) for seq in range(1, 301)])
        desk.close()

    threads = [threading.Thread(target=target) for target in (work, work, ingest)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert 300 == sum(result.stored for result in results)
    assert [] == waiting(plain_connection)
    assert [(300,)] == rows(plain_connection, "SELECT count(*) FROM readings")
    assert [("{[1,301)}", "{}")] == numbers(plain_connection)


def test_a_replay_that_is_killed_leaves_whole_transactions_only(
    plain_desk: Desk,
    plain_place: str,
    now: FakeClock,
    plain_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replaying, "ROWS_AT_ONCE", 4)
    plain_desk.take(payload([a_reading(seq, "pms-new", T + seq) for seq in range(1, 11)]))
    register(plain_place)
    commit, commits = Batch.commit, []

    def dies_in_the_third(self: Batch, connection: psycopg.Connection) -> int:
        commits.append(commit(self, connection))
        if len(commits) == 3:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return commits[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "commit", dies_in_the_third)
        with pytest.raises(psycopg.OperationalError):
            replay(plain_place, now)

    assert 2 == len(waiting(plain_connection))
    assert [(8, "{[1,11)}")] == rows(
        plain_connection,
        "SELECT (SELECT count(*) FROM readings), (received + quarantined)::text FROM spools",
    )
    assert 2 == replay(plain_place, now).stored
    assert [("{[1,11)}", "{}")] == numbers(plain_connection)


def test_a_row_on_which_our_own_code_fails_stops_no_other(
    plain_desk: Desk,
    plain_place: str,
    now: FakeClock,
    plain_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain_desk.take(payload([a_reading(seq, "pms-new", T + seq) for seq in range(1, 6)]))
    register(plain_place)
    take = Batch.take

    def fails_on_3(self: Batch, topic: str, message: DecodedMessage) -> None:
        if [3] == [reading.seq for reading in message.readings]:
            raise ZeroDivisionError
        take(self, topic, message)

    monkeypatch.setattr(Batch, "take", fails_on_3)

    result = replay(plain_place, now)

    assert (4, {"ingest_failed": 1}) == (result.stored, result.refused)
    assert [(3, "ingest_failed", 1)] == waiting(plain_connection)


def test_a_spool_that_is_replayed_never_shows_a_hole(
    plain_desk: Desk, plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    """At every commit each number is received or quarantined."""
    plain_desk.take(payload([a_reading(seq, "pms-new", T + seq) for seq in range(1, 21)]))
    register(plain_place)
    for quarantine_id in range(1, 21):
        replay(plain_place, now, Choice(ids=[quarantine_id]))

        assert [("{[1,21)}",)] == rows(
            plain_connection, "SELECT (received + quarantined)::text FROM spools"
        )
