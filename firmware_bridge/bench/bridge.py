"""The gateway that is measured: a real `dust bridge` with a configuration of the bench's."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from firmware_bridge.bench.child import python_module, running
from firmware_bridge.bench.frames import MODEL
from firmware_bridge.bench.readings import code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firmware_bridge.bench.broker import Broker
    from firmware_bridge.bench.child import Child
    from firmware_bridge.bench.feed import Terminal

# Batches, batches in flight and time-outs stay the gateway's own.
_GATEWAY: Final = """\
gateway = {gateway}
spool = {spool}
[mqtt]
host = {host}
port = {port}
"""
_SENSOR: Final = """\
[[sensors]]
code = {code}
model = {model}
port = {port}
sampling_interval_s = {interval_s}
"""


def spool_of(folder: Path) -> Path:
    """Where the bridge that runs in `folder` has its spool."""
    return folder / "spool.sqlite"


@contextmanager
def running_bridge(
    folder: Path, broker: Broker, gateway: str, terminals: list[Terminal], interval_s: int
) -> Iterator[Child]:
    """A bridge on these ports for as long as the context lasts; stopped as an operator does."""
    configuration = folder / "gateway.toml"
    configuration.write_text(
        _filled(
            _GATEWAY,
            gateway=gateway,
            spool=str(spool_of(folder)),
            host=broker.host,
            port=broker.port,
        )
        + "".join(
            _filled(
                _SENSOR, code=code(number), model=MODEL, port=terminal.path, interval_s=interval_s
            )
            for number, terminal in enumerate(terminals)
        ),
        encoding="utf-8",
    )
    command = python_module("dust.commands", "bridge", "--config", str(configuration))
    with running("bridge", command, folder) as child:
        yield child


def _filled(template: str, **values: object) -> str:
    """The template with each value as TOML writes it, which for these is as JSON does."""
    return template.format(**{name: json.dumps(value) for name, value in values.items()})
