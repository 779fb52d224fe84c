"""What a real bridge says of itself explains what it did not measure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fixtures.ports import wait_until
from integration.gateway import CODE, GATEWAY, Gateway, T
from integration.quarantining import rows

from dust.clock import instant
from dust.periods import Period
from ingest.gaps.causes import Cause
from ingest.gaps.report import Asked, gap_report
from ingest.gaps.telling import answer

if TYPE_CHECKING:
    import psycopg
    from integration.desk import Desk
    from integration.mqtt_peer import Peer

    from dust.clock import ReplayClockHand
    from dust.testing import FakeClock

HOUR_MS = 3_600_000


def test_a_killed_bridge_and_a_cable_that_is_out_are_told_as_such_and_nothing_is_lost(
    gateway: Gateway,
    taker: Peer,
    hand: ReplayClockHand,
    now: FakeClock,
    plain_desk: Desk,
    plain_connection: psycopg.Connection,
) -> None:
    with gateway.bridge() as service:
        _measure(gateway, taker, hand, range(4))
        service.kill()
        wait_until(lambda: taker.statuses(GATEWAY)[-1].state == "offline", "the broker's will")
    hand.set_ms(T + 6 * HOUR_MS)
    with gateway.bridge():
        _measure(gateway, taker, hand, range(6, 9))
        gateway.unplug()
        _wait_for_state(taker, "port_lost")
        hand.set_ms(T + 12 * HOUR_MS)
        gateway.plug_in_again()
        gateway.wait_for_the_port()
        _measure(gateway, taker, hand, range(12, 15))

    now.set_ms(T + 15 * HOUR_MS)
    plain_desk.take_all(taker.messages)
    plain_desk.take_all(taker.messages)

    end = instant(T + 15 * HOUR_MS - 1)
    span = Period(instant(T) - timedelta(seconds=1), end)
    told = gap_report(plain_connection, span, Asked(sensors=[CODE]), end)
    assert [
        (3.75, 6, Cause.GATEWAY_OFF),
        (8.75, 12, Cause.PORT_LOST),
    ] == [
        (
            (gap.piece.start_ms - T) / HOUR_MS,
            (gap.piece.end_ms - T) / HOUR_MS,
            gap.piece.cause,
        )
        for gap in told.gaps
    ]
    assert "No reading is lost." == answer(told)
    assert [(1,)] == rows(
        plain_connection, "SELECT count(*) FROM gateway_events WHERE value = 'started'"
    )


def _measure(gateway: Gateway, taker: Peer, hand: ReplayClockHand, hours: range) -> None:
    """A frame each quarter of these hours, and a status of that time."""
    for hour in hours:
        for quarter in range(4):
            t = T + hour * HOUR_MS + quarter * 900_000
            hand.set_ms(t)
            gateway.say(10 + hour)
            wait_until(
                lambda t=t: t in {reading.t for reading in taker.readings(GATEWAY)},  # type: ignore[misc]  # (its default is t)
                "the reading",
            )
    last_ms = T + hours[-1] * HOUR_MS + 2_700_000
    wait_until(
        lambda: any(
            (status.t or 0) >= last_ms and status.sensors[CODE].state == "ok"
            for status in taker.statuses(GATEWAY)
            if status.state == "online"
        ),
        "a status of the last hour",
    )


def _wait_for_state(taker: Peer, state: str) -> None:
    wait_until(
        lambda: any(
            status.sensors[CODE].state == state
            for status in taker.statuses(GATEWAY)[-2:]
            if CODE in status.sensors
        ),
        f"a status that says {state}",
    )
