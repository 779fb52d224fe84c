"""What integration tests share: a network in a database, a worker's desk, a connection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from fixtures.postgres import _fresh_database
from integration import filling
from integration.api_server import ApiServer, serving
from integration.desk import Desk
from integration.gateway import GATEWAY, Gateway, T
from integration.mqtt_peer import Peer, peer
from integration.networks import apply, network

from dust import wire
from dust.clock import ReplayClockHand, epoch_ms
from dust.storage.connection import connect
from dust.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psycopg
    from fixtures.broker import Mosquitto
    from fixtures.pty import PseudoTerminal

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def place(database: str) -> str:
    """A database, of each kind in turn, that knows the little network."""
    apply(database, network())
    return database


@pytest.fixture
def plain_place(plain_database: str) -> str:
    """The same on plain PostgreSQL only, where the kind of server makes no difference."""
    apply(plain_database, network())
    return plain_database


@pytest.fixture
def now(clock: FakeClock) -> FakeClock:
    """A clock that stands at noon on 1 March 2024, UTC."""
    clock.set_ms(epoch_ms(NOW))
    return clock


@pytest.fixture
def desk(place: str, now: FakeClock) -> Iterator[Desk]:
    made = Desk(place, now)
    yield made
    made.close()


@pytest.fixture
def plain_desk(plain_place: str, now: FakeClock) -> Iterator[Desk]:
    made = Desk(plain_place, now)
    yield made
    made.close()


@pytest.fixture
def plain_connection(plain_place: str) -> Iterator[psycopg.Connection]:
    with connect(plain_place) as opened:
        yield opened


@pytest.fixture
def connection(place: str) -> Iterator[psycopg.Connection]:
    with connect(place) as opened:
        yield opened


@pytest.fixture(scope="session")
def filled_api(postgres_url: str, plain_template: str) -> Iterator[ApiServer]:
    """One server and one filled database for all tests that only ask."""
    clock = FakeClock(epoch_ms(filling.NOW))
    with _fresh_database(postgres_url, plain_template) as url:
        filling.fill(url, clock)
        with serving(url, clock) as server:
            yield server


@pytest.fixture
def hand(tmp_path: Path) -> ReplayClockHand:
    """The hand of the gateway's clock."""
    return ReplayClockHand(tmp_path / "clock", T)


@pytest.fixture
def gateway(
    tmp_path: Path,
    mosquitto: Mosquitto,
    hand: ReplayClockHand,  # noqa: ARG001  (the bridge reads its file)
    pseudo_terminal: Callable[[], PseudoTerminal],
) -> Gateway:
    return Gateway(tmp_path, mosquitto, pseudo_terminal)


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Peer]:
    """A subscriber in ingest's place; it gives no receipts until it is told to."""
    topics = wire.readings_topic(GATEWAY), wire.status_topic(GATEWAY)
    with peer(mosquitto, *topics) as made:
        yield made


@pytest.fixture
def taker(ear: Peer) -> Peer:
    """The same, and it gives a receipt for every batch."""
    ear.gives_receipts = True
    return ear
