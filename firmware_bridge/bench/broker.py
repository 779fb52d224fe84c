"""The broker between the bridge and the peer: the one given, Mosquitto, or one from a wheel."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.errors import BadInput
from firmware_bridge.bench.child import running
from firmware_bridge.bench.errors import NotMeasured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOOPBACK: Final = "127.0.0.1"
_SYSTEM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
_LARGEST_PORT: Final = 65535
# Limits of in-flight messages stay the broker's own: a gateway must not need others.
_MOSQUITTO: Final = """\
listener {port} {host}
allow_anonymous true
log_dest stderr
"""
_WHEEL: Final = """\
id = 0

[router]
id = 0
max_connections = 20
max_outgoing_packet_count = 500
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "bench"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 500
dynamic_filters = true
"""


class Broker(NamedTuple):
    """Where a broker listens, and which it is."""

    name: str
    host: str
    port: int


def broker_at(address: str) -> Broker:
    """The broker at HOST:PORT, of a kind unknown."""
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise BadInput("broker", address, f"HOST:PORT with a port from 1 to {_LARGEST_PORT}")
    return Broker(f"given: {address}", host.strip("[]"), int(port))


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker of the bench's own on a free port of the loopback address."""
    search = f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}"
    if program := shutil.which("mosquitto", path=search):
        with _mosquitto(program, folder) as broker:
            yield broker
    elif find_spec("iotcore"):
        with _wheel(folder) as broker:
            yield broker
    else:
        raise NotMeasured(
            "no broker: install Mosquitto or the package iotcore, or name one by --broker"
        )


@contextmanager
def _mosquitto(program: str, folder: Path) -> Iterator[Broker]:
    port = _free_port()
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_MOSQUITTO.format(host=_LOOPBACK, port=port), encoding="utf-8")
    with running("mosquitto", [program, "-c", str(configuration)], folder) as child:
        child.wait_for(f"Mosquitto on port {port}", lambda: _is_open(port))
        yield Broker("Mosquitto", _LOOPBACK, port)


@contextmanager
def _wheel(folder: Path) -> Iterator[Broker]:
    from iotcore import Broker as WheelBroker  # noqa: PLC0415  (no part of a gateway)

    port = _free_port()
    configuration = folder / "broker.toml"
    configuration.write_text(_WHEEL.format(host=_LOOPBACK, port=port), encoding="utf-8")
    broker = WheelBroker(config_path=str(configuration))
    broker.start()
    try:
        yield Broker(f"rumqttd (iotcore {version('iotcore')})", _LOOPBACK, port)
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((_LOOPBACK, port)) == 0
