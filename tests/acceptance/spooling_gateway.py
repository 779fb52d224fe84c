"""The spool and the publisher of the real gateway, without its sensors, as a process of its own.

Run as a module: PORT GATEWAY FOLDER. Each line on standard input is a number of readings to put;
each is answered by the last sequence number, once all of them are in the spool. `depth` is answered
by how many wait for their receipt. It ends with its input.
"""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from pathlib import Path

import structlog
from acceptance.made_readings import spooled_rows

from dust import wire
from dust.clock import SystemClock
from dust.settings import MqttSettings
from firmware_bridge.publisher import Publisher
from firmware_bridge.settings import BridgeSettings, SensorSettings
from firmware_bridge.spool import Entry, Spool


def put(spool: Spool, name: str, count: int) -> None:
    first = spool.last_seq + 1
    rows = spooled_rows(name, range(first, first + count))
    spool.put([Entry(body, t_ms) for _, t_ms, body in rows])


def publisher_of(spool: Spool, port: int, name: str) -> Publisher:
    settings = BridgeSettings(
        gateway=name,
        sensors=[SensorSettings(code="none", model="none", port="none")],
        mqtt=MqttSettings(port=port),
        receipt_timeout_s=1,
        batch_readings=50,
    )
    status = lambda: wire.GatewayStatus(v=wire.VERSION, gateway=name, state="online")  # noqa: E731
    return Publisher(settings, spool, SystemClock(), status)


def main() -> None:
    port, name, folder = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with closing(Spool(Path(folder) / "spool.sqlite")) as spool:
        publisher = publisher_of(spool, int(port), name)
        thread = threading.Thread(target=publisher.run)
        thread.start()
        for line in sys.stdin:
            if line.strip() != "depth":
                put(spool, name, int(line))
                publisher.wake()
            told = spool.depth if line.strip() == "depth" else f"{spool.id} {spool.last_seq}"
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
        publisher.stopping = True
        publisher.wake()
        thread.join()


if __name__ == "__main__":
    main()
