"""A real MQTT 5 broker from a wheel, on the loopback address only.

Its shared subscriptions end the whole broker when their subscriber goes (measured with rumqttd
0.20), so the demo's single ingest worker subscribes plainly; production shares on Mosquitto.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from iotcore import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIGURATION = """\
id = 0

[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 500
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "loopback"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 500
dynamic_filters = true
"""


@contextmanager
def running_broker(folder: Path, port: int) -> Iterator[None]:
    """Run the broker on 127.0.0.1 and `port` while the context lasts."""
    configuration = folder / "broker.toml"
    configuration.write_text(_CONFIGURATION.format(port=port), encoding="utf-8")
    broker = Broker(config_path=str(configuration))
    broker.start()
    try:
        yield
    finally:
        broker.stop()
