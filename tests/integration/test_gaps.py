"""Every hole that is made on purpose is explained by its cause, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import OTHER_SPOOL, SPOOL, Desk, payload
from integration.networks import GATEWAY, INTERVAL_S
from integration.quarantining import replay

from dust import wire
from dust.clock import epoch_ms, instant
from dust.periods import Period
from dust.testing import a_reading
from ingest.gaps.causes import Cause
from ingest.gaps.report import Asked, GapReport, gap_report
from ingest.gaps.telling import answer
from ingest.status import store_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from dust.testing import FakeClock

START = datetime(2024, 1, 15, tzinfo=UTC)
STEP_MS = INTERVAL_S * 1000
END = START + timedelta(hours=24)
WILL = wire.encode(wire.GatewayStatus(v=1, gateway=GATEWAY, state="offline"))
ONE = Asked(sensors=["pms-v1"])
"""The other sensors of the network say nothing at all in these tests."""


def t(quarter: float) -> int:
    return epoch_ms(START) + round(quarter * STEP_MS) - 1


def send(desk: Desk, quarters: Iterable[int], spool: str = SPOOL, less: int = 0) -> None:
    """Reading n of the day has the number n (less something); 96 are a day."""
    desk.take_readings([a_reading(n - less, t=t(n)) for n in quarters], spool)


def said(quarter: float, **more: Any) -> bytes:
    fields = {"state": "online", "spool": SPOOL, "uptime_s": 10**7} | more
    return wire.encode(wire.GatewayStatus(v=1, gateway=GATEWAY, t=t(quarter), **fields))


def tell(connection: psycopg.Connection, *payloads: bytes) -> None:
    for each in payloads:
        store_status(connection, wire.status_topic(GATEWAY), each)


def report(connection: psycopg.Connection, asked: Asked = ONE) -> GapReport:
    return gap_report(connection, Period(START, END), asked, END)


def numbers(told: GapReport) -> list[tuple[Any, ...]]:
    return [
        (hole.first, hole.last, hole.cause, hole.reason)
        for account in told.spools
        for hole in account.holes
    ]


def times(told: GapReport) -> list[tuple[float, float, Cause]]:
    """Quarters of hours of the day."""
    start_ms = epoch_ms(START) - 1
    return [
        (
            round((gap.piece.start_ms - start_ms) / STEP_MS, 1),
            round((gap.piece.end_ms - start_ms) / STEP_MS, 1),
            gap.piece.cause,
        )
        for gap in told.gaps
    ]


def test_where_nothing_is_missing_the_answer_is_one_sentence(
    desk: Desk, connection: psycopg.Connection
) -> None:
    send(desk, range(1, 97))
    tell(connection, said(96))

    told = report(connection)

    assert ([], [], True) == (numbers(told), times(told), told.is_lossless)
    assert "No reading is lost." == answer(told)


def test_what_waits_at_an_offline_gateway_is_not_lost(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 81))
    tell(plain_connection, said(80, spool_depth=12), WILL)

    told = report(plain_connection)

    assert [(80, 96, Cause.GATEWAY_OFFLINE)] == times(told)
    assert "No reading is lost; 12 wait at the gateway or on the way." == answer(told)
    assert told.is_lossless


def test_what_has_come_but_has_no_receipt_yet_does_not_wait(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 97))
    tell(plain_connection, said(96, spool_depth=3, last_seq=96))

    assert "No reading is lost." == answer(report(plain_connection))


def test_of_what_has_no_receipt_yet_only_missing_numbers_wait(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 95))
    told = {"dropped": 1, "dropped_ranges": [(97, 97)]}
    tell(plain_connection, said(96, spool_depth=5, last_seq=98, **told))

    assert [(95, 96, 2), (98, 98, 1)] == [
        (hole.first, hole.last, hole.size)
        for account in report(plain_connection).spools
        for hole in account.holes
        if hole.cause is Cause.NOT_ARRIVED
    ]
    assert "3 wait at the gateway or on the way" in answer(report(plain_connection))


def test_numbers_that_a_drain_leaves_for_later_are_on_the_way(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 11), *range(41, 97)])
    tell(plain_connection, said(96, spool_depth=30))

    told = report(plain_connection)

    assert [(11, 40, Cause.NOT_ARRIVED, "")] == numbers(told)
    assert [(10, 41, Cause.NOT_ARRIVED)] == times(told)
    assert "No reading is lost; 30 wait at the gateway or on the way." == answer(told)


def test_numbers_of_which_the_gateway_knows_nothing_any_more_are_not_explained(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 11), *range(41, 97)])
    tell(plain_connection, said(96, spool_depth=2))

    told = report(plain_connection)

    assert [(11, 38, Cause.UNEXPLAINED, ""), (39, 40, Cause.NOT_ARRIVED, "")] == numbers(told)
    assert [(10, 41, Cause.UNEXPLAINED)] == times(told)
    assert not told.is_lossless
    assert answer(told) == (
        "No reading is lost; 28 readings and 1 span of time are not explained;"
        " 2 wait at the gateway or on the way."
    )


def test_a_gateway_that_never_told_its_status_explains_nothing(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 11), *range(41, 97)])

    assert [(11, 40, Cause.UNEXPLAINED, "")] == numbers(report(plain_connection))


def test_what_a_full_spool_gave_up_is_lost_and_said_so(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 11), *range(41, 97)])
    tell(plain_connection, said(96, dropped=30, dropped_ranges=[(11, 40)]))

    told = report(plain_connection)

    assert [(11, 40, Cause.GIVEN_UP, "")] == numbers(told)
    assert [(10, 41, Cause.GIVEN_UP)] == times(told)
    assert "30 readings and 1 span of time are lost." == answer(told)
    assert not told.is_lossless


def test_what_was_given_up_in_memory_has_no_number_and_is_counted(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 11), *range(41, 97)])
    tell(plain_connection, said(10), said(12, disk_full=True), said(40, dropped=5))
    plain_connection.execute(
        "UPDATE spools SET received = '{[1,67)}'"
    )  # numbers go on without a hole

    told = report(plain_connection)

    assert [{Cause.DISK_FULL: 5}] == [dict(each.unnumbered) for each in told.spools]
    assert [(10, 41, Cause.DISK_FULL)] == [(10, 41, cause) for _, _, cause in times(told)]


def test_a_spool_file_that_was_set_aside_takes_its_waiting_readings_with_it(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 41))
    tell(plain_connection, said(40, spool_depth=7), said(60, spool_depth=20))
    send(plain_desk, range(61, 97), OTHER_SPOOL, less=60)
    tell(plain_connection, said(61, spool=OTHER_SPOOL, set_aside=["spool.sqlite.corrupt-1"]))

    told = report(plain_connection)

    assert [{Cause.SET_ASIDE: 20}, {}] == [dict(each.unnumbered) for each in told.spools]
    assert [(40, 61, Cause.SET_ASIDE)] == times(told)
    assert "20 readings and 1 span of time are lost." == answer(told)


def test_what_is_in_quarantine_is_told_with_its_reason_and_goes_when_it_is_replayed(
    plain_desk: Desk,
    plain_place: str,
    now: FakeClock,
    plain_connection: psycopg.Connection,
) -> None:
    now.set_ms(t(20))
    send(plain_desk, range(1, 51))  # from 21 on they are of the future; the first is let through
    now.set_ms(t(97))
    send(plain_desk, range(51, 97))
    tell(plain_connection, said(96))

    told = report(plain_connection)

    assert [(21, 50, Cause.QUARANTINED, "time_in_future")] == numbers(told)
    assert [(20, 51, Cause.QUARANTINED)] == times(told)
    assert "No reading is lost; 30 are in quarantine." == answer(told)

    replay(plain_place, now)

    told = report(plain_connection)
    assert ([], [], "No reading is lost.") == (numbers(told), times(told), answer(told))


def test_each_reason_of_quarantine_has_its_numbers(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 5))
    plain_desk.take(
        payload([a_reading(5, "pms-nobody", t(5)), a_reading(6, t=1000), a_reading(7, t=t(7))])
    )
    plain_connection.execute(
        "UPDATE quarantine SET discarded_at = now(), discarded_because = 'a test' WHERE seq = 6"
    )

    assert [
        (5, 5, Cause.QUARANTINED, "unknown_sensor"),
        (6, 6, Cause.QUARANTINED, "time_too_old, discarded"),
    ] == numbers(report(plain_connection))


def test_times_in_which_nothing_was_measured_are_told_with_their_cause(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    """Off from 10 to 20; silent from 30 to 40; its cable out from 50 to 60; nothing is lost."""
    quarters = [*range(1, 11), *range(21, 31), *range(41, 51), *range(61, 97)]
    plain_desk.take_readings([a_reading(n, t=t(at)) for n, at in enumerate(quarters, 1)])

    def sensor(quarter: float, state: str, last: float, **more: Any) -> bytes:
        status = wire.SensorStatus(state=state, last_frame_ms=t(last))
        return said(quarter, sensors={"pms-v1": status}, **more)

    tell(
        plain_connection,
        sensor(9.9, "ok", 9.9),
        WILL,
        sensor(20.2, "ok", 20.2, uptime_s=300),
        sensor(31, "silent", 30),
        sensor(40.2, "ok", 40.2),
        sensor(50.2, "port_lost", 50),
        sensor(60.2, "ok", 60.2),
        sensor(96, "ok", 96),
    )

    told = report(plain_connection)

    assert [
        (10, 21, Cause.GATEWAY_OFF),
        (30, 41, Cause.SENSOR_SILENT),
        (50, 61, Cause.PORT_LOST),
    ] == times(told)
    assert ([], "No reading is lost.") == (numbers(told), answer(told))


def test_a_gateway_that_was_only_away_does_not_explain_what_its_spool_should_have_brought(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    """No number is missing, so the sensor had nothing to say; no word tells why."""
    quarters = [*range(1, 11), *range(21, 97)]
    plain_desk.take_readings([a_reading(n, t=t(at)) for n, at in enumerate(quarters, 1)])
    tell(plain_connection, said(10), WILL, said(20), said(96))

    assert [(10, 21, Cause.NOT_MADE)] == times(report(plain_connection))


def test_an_outage_of_ingest_or_of_the_broker_leaves_no_hole(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(1, 21))
    tell(plain_connection, said(20), WILL, said(60, spool_depth=40))
    send(plain_desk, [*range(60, 97), *range(21, 60)])
    tell(plain_connection, said(96))

    told = report(plain_connection)

    assert ([], [], "No reading is lost.") == (numbers(told), times(told), answer(told))


def test_a_device_without_a_spool_proves_nothing_and_fails_no_check(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take_readings([a_reading(0, t=t(at)) for at in [*range(1, 11), *range(41, 97)]])

    told = report(plain_connection)

    assert [(10, 41, Cause.WITHOUT_SPOOL)] == times(told)
    assert told.is_lossless


def test_a_sensor_that_has_never_measured_and_one_that_began_late_have_not_begun(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, range(40, 97), less=39)

    told = report(plain_connection, Asked(sensors=["pms-v1", "pms-v2"]))

    assert [(0, 40, Cause.NOT_BEGUN), (0, 96, Cause.NOT_BEGUN)] == times(told)


def test_a_hole_at_the_edge_of_the_span_is_explained_by_what_lies_beyond_it(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    quarters = [*range(-9, 0), *range(20, 81), *range(101, 111)]
    plain_desk.take_readings([a_reading(n, t=t(at)) for n, at in enumerate(quarters, 1)])

    assert [(0, 20, Cause.NOT_MADE), (80, 96, Cause.NOT_MADE)] == times(report(plain_connection))


def test_holes_that_are_older_than_the_span_are_left_to_an_older_span(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    send(plain_desk, [*range(1, 20), *range(31, 97)])
    tell(plain_connection, said(96))
    later = Period(instant(t(50)), END)

    assert [(20, 30, Cause.UNEXPLAINED, "")] == numbers(report(plain_connection))
    assert [] == numbers(gap_report(plain_connection, later, ONE, END))


@pytest.mark.parametrize(
    ("asked", "n_spools"),
    [
        (Asked(), 2),
        (Asked(gateways=["gw-2"]), 1),
        (Asked(stations=["v1"]), 1),
        (Asked(gateways=["gw-9"]), 0),
    ],
)
def test_only_what_is_asked_for_is_told(
    plain_desk: Desk, plain_connection: psycopg.Connection, asked: Asked, n_spools: int
) -> None:
    send(plain_desk, range(1, 97))
    other = payload([a_reading(1, t=t(1))], OTHER_SPOOL, "gw-2")
    plain_desk.take_all([(wire.readings_topic("gw-2"), other)])

    told = report(plain_connection, asked)

    assert n_spools == len(told.spools)


def test_without_any_data_nothing_is_lost(plain_connection: psycopg.Connection) -> None:
    plain_connection.execute("DELETE FROM deployments")

    assert "No reading is lost." == answer(report(plain_connection, Asked()))
