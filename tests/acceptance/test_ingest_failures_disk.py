"""The disk of the database is full: ingest waits, acknowledges nothing, goes on by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.rig import wait_for_outage
from acceptance.small_disk import LOG, TABLES, small_disk_postgres
from acceptance.tally import stored_numbers
from fixtures.ports import wait_until
from fixtures.postgres import EMPTY, _execute, _url

from dust.storage.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.pace import Pace
    from acceptance.rig import Rig
    from acceptance.small_disk import SmallDiskPostgres
    from acceptance.small_gateway import SmallGateway

pytestmark = pytest.mark.slow

ROOM_BYTES = 300_000
DEEP = 3000


@pytest.mark.usefixtures("own_server")  # it makes the user that runs a server of the wheel
@pytest.mark.parametrize("on_it", [TABLES, LOG])
def test_a_full_disk_of_the_database_costs_no_reading_and_gets_no_receipt(
    rig_on: Callable[[str], Rig], pace: Pace, on_it: str
) -> None:
    with small_disk_postgres(on_it) as server:
        rig = rig_on(migrated(server))
        with rig.worker() as worker:
            gateway = rig.gateway("gw-1", window=20)
            for _ in pace.rounds(1, most=8):  # more would fill the disk for good
                server.fill(but_bytes=ROOM_BYTES)
                send_until_it_is_full(server, gateway)
                rig.publish_once("raw-1", 2000)
                gateway.put(DEEP)
                wait_for_outage(worker, 2)
                gateway.wait_until_overdue()
                receipted = set(gateway.receipted_at_s)
                assert not gateway.is_empty
                server.make_room()
                server.start()
                assert set() == receipted - stored_numbers(rig.url)["gw-1"].keys()
                gateway.wait_until_empty()

            rig.check_end()
        assert [] == rig.ask("SELECT reason FROM quarantine")


def migrated(server: SmallDiskPostgres) -> str:
    _execute(server.url, "CREATE DATABASE dust TEMPLATE {} STRATEGY file_copy", EMPTY)
    url = _url(server.url, "dust")
    upgrade(url)
    return url


def send_until_it_is_full(server: SmallDiskPostgres, gateway: SmallGateway) -> None:
    """The server has said so once more, or more often."""
    told = complaints(server)

    def is_full() -> bool:
        if gateway.depth < DEEP:
            gateway.put(DEEP)
        return complaints(server) > told

    wait_until(is_full, "a full disk")


def complaints(server: SmallDiskPostgres) -> int:
    return server.log.read_text(errors="replace").count("No space left on device")
