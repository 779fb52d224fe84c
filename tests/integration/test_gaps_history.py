"""What gateways say about themselves is kept: the newest word, and what changed of everything."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import OTHER_SPOOL, SPOOL, Desk, payload
from integration.networks import GATEWAY
from integration.quarantining import rows

from dust import wire
from dust.clock import epoch_ms
from dust.testing import a_reading
from ingest import event_log
from ingest.status import store_status, store_statuses

if TYPE_CHECKING:
    import psycopg

TOPIC = wire.status_topic(GATEWAY)
NOW = datetime.now(UTC).replace(microsecond=0)
T = epoch_ms(NOW) - 3_600_000
WILL = wire.encode(wire.GatewayStatus(v=1, gateway=GATEWAY, state="offline"))


def said(minute: float, **more: Any) -> bytes:
    """A status of some minutes after an hour ago; the bridge has been up for long."""
    fields = {"state": "online", "spool": SPOOL, "uptime_s": 86_400} | more
    return wire.encode(
        wire.GatewayStatus(v=1, gateway=GATEWAY, t=T + round(minute * 60_000), **fields)
    )


def tell(connection: psycopg.Connection, *payloads: bytes) -> None:
    for each in payloads:
        store_status(connection, TOPIC, each)


def events(connection: psycopg.Connection, kind: str) -> list[tuple[Any, ...]]:
    """Subject, value, and minutes after an hour ago."""
    found = connection.execute(
        "SELECT subject, value, happened_at FROM gateway_events WHERE kind = %s"
        " ORDER BY happened_at, gateway_event_id",
        (kind,),
    )
    return [(subject, value, _minute(at)) for subject, value, at in found]


def _minute(at: datetime) -> float:
    return round((epoch_ms(at) - T) / 60_000, 2)


def state(connection: psycopg.Connection) -> str:
    ((found,),) = rows(connection, "SELECT state FROM gateway_status")
    return str(found)


def test_an_event_is_kept_only_when_something_changes(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, *(said(minute) for minute in range(30)))

    assert [("", "online", 0)] == events(plain_connection, "gateway")
    assert [(SPOOL, "begun", 0)] == events(plain_connection, "spool_begun")
    assert [(2,)] == rows(plain_connection, "SELECT count(*) FROM gateway_events")


def test_a_repeated_or_an_older_status_changes_nothing(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(0), said(5, disk_full=True))
    before = rows(plain_connection, "SELECT * FROM gateway_status")

    tell(plain_connection, said(0), said(5, disk_full=True), said(3))

    assert before == rows(plain_connection, "SELECT * FROM gateway_status")
    assert [("", "full", 5)] == events(plain_connection, "disk")


def test_a_gateway_that_ran_while_it_was_away_comes_back_and_one_that_did_not_has_started(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(0), WILL, said(10), WILL, said(30, uptime_s=120))

    assert [
        ("", "online", 0),
        ("", "offline", 0),
        ("", "back", 10),
        ("", "offline", 10),
        ("", "started", 28),
    ] == events(plain_connection, "gateway")


def test_a_restart_that_the_broker_has_not_missed_is_seen_by_the_uptime(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(0), said(2, uptime_s=30))

    assert [("", "online", 0), ("", "offline", 0), ("", "started", 1.5)] == events(
        plain_connection, "gateway"
    )


def test_the_will_of_the_broker_keeps_what_the_gateway_said_last(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(0, spool_depth=12), WILL, WILL)

    assert [("offline", "12", SPOOL)] == rows(
        plain_connection,
        "SELECT state, status->>'spool_depth', status->>'spool' FROM gateway_status",
    )
    assert 2 == len(events(plain_connection, "gateway"))


def test_the_last_of_two_workers_leaves_the_right_state_however_they_take_turns(
    plain_connection: psycopg.Connection,
) -> None:
    heard = [said(0), WILL, said(10), said(11)]
    for turns in ("abababab", "aaaabbbb", "aababbab", "abbaabab"):
        plain_connection.execute("TRUNCATE gateway_status, gateway_events, gateway_spools")
        left = {"a": iter(heard), "b": iter(heard)}
        tell(plain_connection, *(next(left[worker]) for worker in turns))

        assert "online" == state(plain_connection)
        assert events(plain_connection, "gateway")[-1][1] in {"online", "back"}


def test_workers_that_hear_the_same_words_at_once_do_not_lock_each_other_out(
    plain_place: str, plain_connection: psycopg.Connection
) -> None:
    from dust.storage.connection import connect  # noqa: PLC0415  (each thread its own)

    together = threading.Barrier(4)
    done: list[int] = []

    def work() -> None:
        with connect(plain_place) as connection:
            together.wait(20)
            for minute in range(20):
                gateways = [f"gw-{number}" for number in range(5)]
                with connection.transaction():
                    store_statuses(
                        connection,
                        [
                            (wire.status_topic(each), said(minute))
                            for each in sorted(gateways, key=lambda name: hash((name, minute)))
                        ],
                    )
            done.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [1] * 4 == done
    assert [(5,)] == rows(plain_connection, "SELECT count(*) FROM gateway_status")
    assert 5 == len(events(plain_connection, "gateway"))


def test_troubles_of_a_sensor_begin_with_its_last_frame(
    plain_connection: psycopg.Connection,
) -> None:
    def sensor(minute: float, state: str, last: float) -> bytes:
        status = wire.SensorStatus(state=state, last_frame_ms=T + round(last * 60_000))
        return said(minute, sensors={"pms-v1": status})

    tell(
        plain_connection,
        sensor(0, "ok", 0),
        sensor(1, "warming", 1),
        sensor(10, "silent", 7),
        sensor(11, "silent", 7),
        sensor(20, "ok", 20),
        said(30),
    )

    assert [
        ("pms-v1", "well", 0),
        ("pms-v1", "silent", 7),
        ("pms-v1", "well", 20),
        ("pms-v1", "removed", 30),
    ] == events(plain_connection, "sensor")


def test_the_clock_and_its_jumps_are_told(plain_connection: psycopg.Connection) -> None:
    tell(
        plain_connection,
        said(0, clock=wire.ClockStatus("known")),
        said(5, clock=wire.ClockStatus("known", jumps=1, last_jump_ms=90_000)),
    )
    # In 1970: its own time cannot be believed, so the instant of its arrival stands.
    tell(
        plain_connection,
        wire.encode(
            wire.GatewayStatus(
                *(1, GATEWAY, "online", 5_000, SPOOL), clock=wire.ClockStatus("unknown", held=3)
            )
        ),
    )

    assert [("", "90000", 5)] == events(plain_connection, "clock_jumped")
    assert ["known", "unknown"] == [value for _, value, _ in events(plain_connection, "clock")]
    assert [("online",)] == rows(plain_connection, "SELECT state FROM gateway_status")


def test_a_clock_that_was_ahead_or_set_back_does_not_silence_its_gateway(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(60 * 24 * 365), said(20, disk_full=True))

    assert [(True,)] == rows(
        plain_connection, "SELECT (status->>'disk_full')::boolean FROM gateway_status"
    )

    plain_connection.execute("UPDATE gateway_status SET received_at = now() - interval '1 hour'")
    tell(plain_connection, said(10))

    assert [(None,)] == rows(plain_connection, "SELECT status->>'disk_full' FROM gateway_status")


def test_what_a_spool_gave_up_and_how_it_ended_is_kept_by_spool(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload([a_reading(seq, t=T + seq) for seq in (1, 2, 9)]))
    tell(
        plain_connection,
        said(0, spool_depth=3, dropped=2, dropped_ranges=[(3, 4)]),
        said(1, spool_depth=2, dropped=3, dropped_ranges=[(5, 5)]),
        said(2, spool=OTHER_SPOOL, set_aside=["spool.sqlite.corrupt-1"]),
    )

    assert [
        (SPOOL, 2, 9, 3, "{[3,6)}", 3, "set_aside"),
        (OTHER_SPOOL, 0, 0, 0, "{}", 0, None),
    ] == rows(
        plain_connection,
        "SELECT spool::text, depth, known_to, n_arrived, dropped::text, n_dropped, ended_as"
        " FROM gateway_spools ORDER BY begun_at",
    )
    assert [(SPOOL, "2: 3-4", 0), (SPOOL, "3: 5-5", 1)] == events(plain_connection, "dropped")
    assert [(SPOOL, "set_aside", 2)] == events(plain_connection, "spool_ended")


def test_a_spool_that_returns_has_not_ended(plain_connection: psycopg.Connection) -> None:
    tell(plain_connection, said(0), said(1, spool=OTHER_SPOOL), said(2))

    assert [(SPOOL, None), (OTHER_SPOOL, "replaced")] == rows(
        plain_connection, "SELECT spool::text, ended_as FROM gateway_spools ORDER BY 1"
    )


def test_a_gateway_that_flaps_fills_no_table(
    plain_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(58):
        tell(plain_connection, said(minute), WILL)

    assert event_log.MOST_A_DAY_OF_ONE == len(events(plain_connection, "gateway"))
    value, trouble, changes, until = rows(
        plain_connection,
        "SELECT value, trouble, changes, changed_until FROM gateway_events"
        " WHERE kind = 'gateway' ORDER BY gateway_event_id DESC LIMIT 1",
    )[0]
    assert ("offline", "offline", 93, 57) == (value, trouble, changes, _minute(until))

    monkeypatch.setattr(event_log, "MOST_A_DAY", 30)
    sensors = {f"s-{number}": wire.SensorStatus("ok") for number in range(60)}
    tell(plain_connection, said(59, sensors=sensors))

    assert [(31,)] == rows(plain_connection, "SELECT count(*) FROM gateway_events")
    assert [("", "too many events", 59)] == events(plain_connection, "left_out")


BAD = {
    "huge numbers": b'{"v":1,"gateway":"gw-1","state":"online","t":99999999999999999999,'
    b'"spool_depth":-5,"dropped":9007199254740999,"uptime_s":-1}',
    "ranges upside down": b'{"v":1,"gateway":"gw-1","state":"online","spool":"%s",'
    b'"dropped":1,"dropped_ranges":[[5,3],[-1,2],[1,9223372036854775807]]}' % SPOOL.encode(),
    "a highest number beyond any": b'{"v":1,"gateway":"gw-1","state":"online","spool":"%s",'
    b'"spool_depth":1,"last_seq":99999999999999999999}' % SPOOL.encode(),
    "a spool that is no UUID": b'{"v":1,"gateway":"gw-1","state":"online","spool":"x"}',
    "a time before all times": b'{"v":1,"gateway":"gw-1","state":"online","t":-1}',
}


@pytest.mark.parametrize("status", BAD.values(), ids=BAD.keys())
def test_no_number_in_a_status_stops_it(
    plain_connection: psycopg.Connection, status: bytes
) -> None:
    tell(plain_connection, status, status, said(1))

    assert "online" == state(plain_connection)


def test_a_word_is_dated_by_its_own_time_not_by_its_arrival(
    plain_connection: psycopg.Connection,
) -> None:
    tell(plain_connection, said(7))

    assert [(NOW - timedelta(minutes=53),)] == rows(
        plain_connection, "SELECT said_at FROM gateway_status"
    )
