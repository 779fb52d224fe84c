"""The broker of the bench: Mosquitto with a configuration that loses nothing, or the one given."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from dust.errors import BadInput
from ingest.load.child import running
from ingest.load.errors import NotMeasured
from ingest.load.process_tree import processor_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOOPBACK: Final = "127.0.0.1"
_SYSTEM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin"
_LARGEST_PORT: Final = 65535
# No limit on what waits for a worker: the default of 1,000 drops the rest in silence.
SETTINGS: Final = {
    "persistence": "true",
    "autosave_interval": "1800",
    "max_queued_messages": "0",
    "max_queued_bytes": "0",
    "max_inflight_messages": "0",
    "max_packet_size": "1000000",
}
"""In-flight 0: as many as a client's own Receive Maximum allows."""


class Broker(msgspec.Struct):
    """Where it listens, what it is, and by which settings; its process where it is ours."""

    name: str
    host: str
    port: int
    settings: dict[str, str] = {}
    pid: int | None = None

    def processor_s(self) -> float | None:
        return None if self.pid is None else processor_s(self.pid)


def broker_at(address: str) -> Broker:
    """The broker at HOST:PORT, of a kind unknown."""
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise BadInput("broker", address, f"HOST:PORT with a port from 1 to {_LARGEST_PORT}")
    return Broker(f"given: {address}", host.strip("[]"), int(port))


@contextmanager
def running_mosquitto(folder: Path) -> Iterator[Broker]:
    """Mosquitto on a free port of the loopback address, its files in a folder of its own."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    if program is None:
        raise NotMeasured("no broker: install Mosquitto, or name one by --broker")
    port = _free_port()
    place = folder / "mosquitto"
    place.mkdir()
    configuration = place / "mosquitto.conf"
    configuration.write_text(_configuration(port, place), encoding="utf-8")
    with running("mosquitto", [program, "-c", str(configuration)], place) as child:
        child.wait_for(f"Mosquitto on port {port}", lambda: _is_open(port))
        yield Broker("Mosquitto", _LOOPBACK, port, SETTINGS, child.process.pid)


def _configuration(port: int, place: Path) -> str:
    lines = [f"listener {port} {_LOOPBACK}", "allow_anonymous true", "log_dest stderr"]
    lines += [f"persistence_location {place}/"]
    lines += [f"{name} {value}" for name, value in SETTINGS.items()]
    if os.geteuid() == 0:
        lines += ["user root"]  # else it becomes a user who may not write to this folder
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((_LOOPBACK, port)) == 0
