"""The plain worker that ingest is held against: what a careful hand writes in forty lines.

`python -m ingest.load.baseline HOST PORT DATABASE`: MQTT 5, a session that lasts, manual PUBACK
after COMMIT, a queue, batches by number and time, executemany with ON CONFLICT DO NOTHING. It
checks nothing, flags nothing, quarantines nothing, sends no receipts and makes no averages.
"""

from __future__ import annotations

import json
import queue
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENT_ID: Final = "bench-baseline"
MESSAGES_AT_ONCE: Final = 1000
_WAITS_S: Final = 0.1
_INSERT: Final = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm1, pm25, pm10, x,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version)
VALUES (%s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, 1, 1, 1, 9, 0, 0)
ON CONFLICT DO NOTHING
"""


def main() -> None:
    """Work until it is ended."""
    host, port, dsn = sys.argv[1:]
    waiting: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, CLIENT_ID, protocol=mqtt.MQTTv5, manual_ack=True
    )
    client.on_message = lambda _client, _user, message: waiting.put(message)
    client.on_connect = subscribe
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # as it ships
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 3600, 2 * MESSAGES_AT_ONCE
    client.connect(host, int(port), clean_start=False, properties=properties)
    client.loop_start()
    with psycopg.connect(dsn, autocommit=True) as connection:
        known = connection.execute("SELECT code, sensor_id FROM sensors").fetchall()
        sensors: dict[str, int] = dict(known)
        while True:
            messages = gather(waiting)
            rows = [row for message in messages for row in rows_of(message.payload, sensors)]
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
            for message in messages:
                client.ack(message.mid, message.qos)


def subscribe(client: mqtt.Client, *_: object) -> None:
    client.subscribe("$share/baseline/dust/v1/+/readings", 1)


def gather(waiting: queue.Queue[mqtt.MQTTMessage]) -> list[mqtt.MQTTMessage]:
    messages = [waiting.get()]
    until_s = time.monotonic() + _WAITS_S
    while len(messages) < MESSAGES_AT_ONCE and (left_s := until_s - time.monotonic()) > 0:
        try:
            messages.append(waiting.get(timeout=left_s))
        except queue.Empty:
            break
    return messages


def rows_of(payload: bytes | bytearray, sensors: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    for each in json.loads(payload)["readings"]:
        values = each.get("pm1"), each.get("pm25"), each.get("pm10"), json.dumps(each.get("x"))
        yield (sensors[each["sensor"]], each["t"], each["seq"], each.get("n", 1), *values)


if __name__ == "__main__":
    main()
