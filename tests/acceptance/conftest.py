"""What the failure tests share: a pace, a broker without a limit, servers of their own, a rig."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.own_postgres import OwnPostgres
from acceptance.pace import SHORT, SOAK, Pace, pace_of
from acceptance.rig import Rig
from fixtures.broker import Mosquitto, mosquitto_program
from fixtures.postgres import _execute, _fresh_database, migrated_template
from fixtures.wheel_server import wheel_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_LIMIT = "max_queued_messages 0\n"
SENDERS = ("gw-1", "gw-2", "gw-3", "raw-1", "raw-2")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: a failure for minutes; only where -m names it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A soak is run only where it is asked for."""
    if "soak" in config.getoption("markexpr"):
        return
    soaks = [item for item in items if item.get_closest_marker("soak")]
    if soaks:
        config.hook.pytest_deselected(items=soaks)
        items[:] = [item for item in items if item not in soaks]


@pytest.fixture(params=[SHORT, pytest.param(SOAK, marks=pytest.mark.soak)])
def pace(request: pytest.FixtureRequest) -> Pace:
    return pace_of(request.param)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """As the `mosquitto` of other tests, and its queues have no limit."""
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Mosquitto(mosquitto_program(), folder, NO_LIMIT)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def own_server() -> Iterator[OwnPostgres]:
    """It survives the end of its processes; only a power cut would need `fsync`."""
    with wheel_server() as server:
        _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off")
        _execute(server.get_uri(), "SELECT pg_reload_conf()")
        yield OwnPostgres(server, server.get_uri())


@pytest.fixture(scope="session")
def own_template(own_server: OwnPostgres) -> str:
    return migrated_template(own_server.url)


@pytest.fixture
def own_database(own_server: OwnPostgres, own_template: str) -> Iterator[str]:
    """A migrated database on the server that tests freeze, stop and kill."""
    own_server.start()  # a test that failed may have left it stopped
    with _fresh_database(own_server.url, own_template) as url:
        yield url
        own_server.start()


@pytest.fixture
def rig_on(broker: Mosquitto, tmp_path: Path) -> Iterator[Callable[[str], Rig]]:
    """A factory: a rig on the database of this URL."""
    made: list[Rig] = []

    def make(url: str) -> Rig:
        made.append(Rig(url, broker, tmp_path, SENDERS))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def rig(rig_on: Callable[[str], Rig], database: str) -> Rig:
    """On each kind of server in turn; the server is shared and must be left alone."""
    return rig_on(database)


@pytest.fixture
def plain_rig(rig_on: Callable[[str], Rig], plain_database: str) -> Rig:
    """The same on plain PostgreSQL only, where the kind of server makes no difference."""
    return rig_on(plain_database)


@pytest.fixture
def own_rig(rig_on: Callable[[str], Rig], own_database: str) -> Rig:
    """On the server that tests freeze, stop and kill."""
    return rig_on(own_database)
