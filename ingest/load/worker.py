"""The ingest that is measured: real `dust ingest` processes with a session each at the broker."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ingest.load import packets
from ingest.load.child import running, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.load.child import Child
    from ingest.load.mosquitto import Broker


def worker_name(number: int) -> str:
    return f"bench-{number}"


@contextmanager
def running_workers(
    broker: Broker, dsn: str, folder: Path, count: int = 1, *, forget: bool = True
) -> Iterator[list[Child]]:
    """So many workers that share the gateways; `forget` removes their sessions at the end."""
    names = [worker_name(number) for number in range(1, count + 1)]
    try:
        with ExitStack() as parts:
            yield [
                parts.enter_context(
                    running(
                        f"ingest-{name}", service("ingest"), folder, _settings(broker, dsn, name)
                    )
                )
                for name in names
            ]
    finally:
        if forget:
            forget_sessions(broker, [f"dust-{name}" for name in names])


def forget_sessions(broker: Broker, client_ids: list[str]) -> None:
    """End sessions with all that waits in them: else they would gather the next round's too."""
    for client_id in client_ids:
        with socket.create_connection((broker.host, broker.port), timeout=20) as connection:
            connection.sendall(packets.connect(client_id))
            connection.recv(1024)
            connection.sendall(packets.disconnect())


def _settings(broker: Broker, dsn: str, name: str) -> dict[str, str]:
    return {
        "DUST_MQTT__HOST": broker.host,
        "DUST_MQTT__PORT": str(broker.port),
        "DUST_DATABASE__URL": dsn,
        "DUST_INGEST__WORKER": name,
        "DUST_LOG__FORMAT": "json",
    }
