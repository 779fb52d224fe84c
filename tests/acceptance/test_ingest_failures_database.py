"""The database hangs, is stopped, crashes or ends sessions: broker and spools hold everything."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from acceptance.rig import wait_for_outage
from fixtures.ports import wait_until

from dust.storage.connection import connect

if TYPE_CHECKING:
    from acceptance.own_postgres import OwnPostgres
    from acceptance.pace import Pace
    from acceptance.rig import Rig

pytestmark = pytest.mark.slow


def test_a_database_that_hangs_costs_no_reading_and_gets_no_receipt(
    own_rig: Rig, own_server: OwnPostgres, pace: Pace
) -> None:
    with own_rig.worker():
        gateway = own_rig.gateway("gw-1")
        for _ in pace.rounds(2):
            with own_server.frozen():
                numbers = gateway.put(pace.size(500))
                own_rig.publish_once("raw-1", pace.size(500))
                gateway.wait_until_overdue()
                assert set() == set(numbers) & gateway.receipted_at_s.keys()
            gateway.wait_until_empty(pace.within_s(30))

        own_rig.check_end(pace.within_s(30))
    assert [] == own_rig.ask("SELECT reason FROM quarantine")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_database_that_is_gone_for_a_while_costs_no_reading(
    own_rig: Rig, own_server: OwnPostgres, pace: Pace, end: str
) -> None:
    with own_rig.worker() as service:
        gateway = own_rig.gateway("gw-1")
        for _ in pace.rounds(1):
            gateway.put(pace.size(200))
            getattr(own_server, end)()
            gateway.wait_until_overdue()
            own_rig.publish_once("raw-1", pace.size(500))
            late = gateway.put(pace.size(500))
            wait_for_outage(service)
            gateway.wait_until_overdue()
            assert set() == set(late) & gateway.receipted_at_s.keys()
            own_server.start()
            gateway.wait_until_empty(pace.within_s(30))

        own_rig.check_end(pace.within_s(30))
    assert [] == own_rig.ask("SELECT reason FROM quarantine")


def test_a_crash_of_the_database_in_the_midst_of_a_transaction_costs_no_reading(
    own_rig: Rig, own_server: OwnPostgres, pace: Pace
) -> None:
    with own_rig.worker():
        gateway = own_rig.gateway("gw-1")
        for _ in pace.rounds(2):
            # The session that holds the writer back ends with the server.
            with suppress(psycopg.OperationalError), own_rig.writer_held_back():
                numbers = gateway.put(pace.size(300))
                own_rig.publish_once("raw-1", pace.size(300))
                own_rig.wait_for_a_writer_that_waits()
                own_server.stop_immediately()
                assert set() == set(numbers) & gateway.receipted_at_s.keys()
            own_server.start()
            gateway.wait_until_empty(pace.within_s(30))

        own_rig.check_end(pace.within_s(30))


def test_sessions_ended_in_the_midst_of_a_transaction_cost_no_reading(rig: Rig, pace: Pace) -> None:
    with rig.worker() as service:
        gateway = rig.gateway("gw-1")
        for _ in pace.rounds(3):
            with rig.writer_held_back():
                numbers = gateway.put(pace.size(300))
                rig.publish_once("raw-1", pace.size(300))
                end_session(rig, rig.wait_for_a_writer_that_waits())
                rig.wait_for_a_writer_that_waits()  # the worker is back, and waits again
                assert set() == set(numbers) & gateway.receipted_at_s.keys()
            gateway.wait_until_empty(pace.within_s(30))

        rig.check_end(pace.within_s(30))
        assert service.events("database_lost") != []


def end_session(rig: Rig, pid: int) -> None:
    with connect(rig.url) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    wait_until(lambda: pid not in rig.sessions(), f"the end of session {pid}")
