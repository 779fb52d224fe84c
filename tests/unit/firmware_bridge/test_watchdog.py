"""What the service manager hears, at a real datagram socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Manager:
    """The service manager's end."""

    def __init__(self, address: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(address)
        self._line.settimeout(0)

    def heard(self) -> list[bytes]:
        texts: list[bytes] = []
        try:
            while True:
                texts.append(self._line.recv(100))
        except BlockingIOError:
            return texts

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    manager = Manager(address)
    yield manager
    manager.close()


def test_the_manager_hears_that_the_gateway_has_started_and_that_it_stops(
    manager: Manager, address: str
) -> None:
    watchdog = Watchdog({"NOTIFY_SOCKET": address})

    watchdog.ready()
    watchdog.stopping()

    assert [b"READY=1", b"STOPPING=1"] == manager.heard()


def test_signs_of_life_come_three_times_in_the_managers_time_out(
    manager: Manager, address: str
) -> None:
    watchdog = Watchdog({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"})

    for tenths_s in range(600):
        watchdog.alive(1000 + tenths_s / 10)

    assert [b"WATCHDOG=1"] * 3 == manager.heard()


def test_without_a_time_out_there_are_no_signs_of_life(manager: Manager, address: str) -> None:
    Watchdog({"NOTIFY_SOCKET": address}).alive(1)

    assert [] == manager.heard()


def test_a_name_without_a_file_is_an_abstract_socket() -> None:
    name = "\0dust-watchdog-test"
    manager = Manager(name)

    Watchdog({"NOTIFY_SOCKET": name.replace("\0", "@")}).ready()

    assert [b"READY=1"] == manager.heard()
    manager.close()


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_a_manager_that_is_not_there_stops_nothing(environment: dict[str, str]) -> None:
    Watchdog(environment).ready()
