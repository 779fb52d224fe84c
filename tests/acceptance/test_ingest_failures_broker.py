"""The broker is restarted, or killed with all it had: receipts bring back what it lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.gateway_process import GatewayProcess
from acceptance.tally import stored_numbers

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.pace import Pace
    from acceptance.rig import Rig

pytestmark = pytest.mark.slow


def test_a_broker_that_is_restarted_loses_nothing_that_it_has_acknowledged(
    plain_rig: Rig, pace: Pace
) -> None:
    rig = plain_rig
    with rig.worker() as service:
        gateway = rig.gateway("gw-1")
        for number in pace.rounds(2):
            with rig.writer_held_back():  # so that most of it still lies with the broker
                gateway.put(pace.size(500))
                rig.publish_once("raw-1", pace.size(2000))
                rig.wait_for_a_writer_that_waits()
                rig.broker.stop()
                service.wait_for("broker_lost", number + 1)
            rig.broker.start()
            service.wait_for("broker_connected", number + 2)
            gateway.wait_until_empty(pace.within_s(30))

        rig.check_end(pace.within_s(60))
    assert [] == rig.ask("SELECT reason FROM quarantine")


def test_a_broker_killed_with_its_queue_costs_no_reading_of_a_gateway_that_waits_for_receipts(
    plain_rig: Rig, tmp_path: Path, pace: Pace
) -> None:
    rig = plain_rig
    with rig.worker() as service, GatewayProcess(rig.broker, "gw-2", tmp_path) as real:
        small = rig.gateway("gw-1", batch_readings=10, window=200)
        for number in pace.rounds(3):
            with rig.writer_held_back():  # so that most of it still lies with the broker
                small.put(pace.size(1000))
                real.put(pace.size(1000))
                rig.publish_once("raw-1", pace.size(1000))
                rig.wait_for_a_writer_that_waits()
                rig.broker.kill()
                service.wait_for("broker_lost", number + 1)
            rig.broker.start()
            service.wait_for("broker_connected", number + 2)
        small.wait_until_empty(pace.within_s(60))
        real.wait_until_empty(pace.within_s(60))

        rig.adopt("gw-2", real.spool, real.last_seq)
        forgive_what_only_the_broker_had(rig)
        rig.check_end(pace.within_s(60))
    assert [] == rig.ask("SELECT reason FROM quarantine")


def forgive_what_only_the_broker_had(rig: Rig) -> None:
    """The bare publisher's loss proves that the queue was gone; what is left must be there once."""
    stored = stored_numbers(rig.url)["raw-1"]

    assert set(stored) < set(rig.sent["raw-1"])
    rig.sent["raw-1"] = set(stored)
