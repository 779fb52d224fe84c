"""When a message without a time of its own first came, so that its second coming says the same.

A worker that is killed between COMMIT and PUBACK gets the message again, under its old number and
with DUP set (MQTT 5, sections 3.3.1.1 and 4.4); dated by its second arrival it would be another
reading. So its number, what it said and its first arrival are committed with it. Topic and payload
alone would not do: a sensor says "12" a hundred times, and a message whose first delivery was
never committed would be taken for yesterday's and be lost. The number tells them apart, and one
row a number is all that is kept.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

EXPIRY_S: Final = 7 * 24 * 3600
"""As long as the broker keeps a worker's session, it may send a message again."""
_RECALL: Final = """
SELECT a.mid, (extract(epoch FROM a.arrived_at) * 1000)::bigint
FROM foreign_arrivals a
JOIN unnest(%s::integer[], %s::bytea[]) AS wanted (mid, fingerprint)
  ON a.mid = wanted.mid AND a.fingerprint = wanted.fingerprint
WHERE a.worker = %s
"""
_REMEMBER: Final = """
INSERT INTO foreign_arrivals AS known (worker, mid, fingerprint, arrived_at)
SELECT %s, mid, fingerprint, timestamptz 'epoch' + at_ms * interval '1 millisecond'
FROM unnest(%s::integer[], %s::bytea[], %s::bigint[]) AS heard (mid, fingerprint, at_ms)
ON CONFLICT (worker, mid) DO UPDATE
  SET fingerprint = excluded.fingerprint, arrived_at = excluded.arrived_at
"""
# In order, and past what a worker is writing just now: two of them must not wait for each other.
_FORGET: Final = """
WITH old AS (
  SELECT worker, mid FROM foreign_arrivals
  WHERE arrived_at < timestamptz 'epoch' + %s * interval '1 millisecond'
  ORDER BY worker, mid LIMIT 10000 FOR UPDATE SKIP LOCKED
)
DELETE FROM foreign_arrivals a USING old WHERE (a.worker, a.mid) = (old.worker, old.mid)
"""


class Delivery(Protocol):
    """What is asked of a delivery: `ingest.subscriber.Delivery` is one."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def mid(self) -> int: ...
    @property
    def qos(self) -> int: ...
    @property
    def dup(self) -> bool: ...
    @property
    def arrived_ms(self) -> int: ...


def recalled(connection: Connection, worker: str, deliveries: Sequence[Delivery]) -> dict[int, int]:
    """By number the first arrivals, epoch ms, of deliveries that come again and were committed.

    Of a delivery that is not named the arrival is its own.
    """
    again = {each.mid: _fingerprint(each) for each in deliveries if each.dup and each.qos}
    if not again:
        return {}
    rows = connection.execute(_RECALL, (list(again), list(again.values()), worker)).fetchall()
    newest_ms = max(each.arrived_ms for each in deliveries)
    return {mid: at_ms for mid, at_ms in rows if at_ms > newest_ms - EXPIRY_S * 1000}


def remember(
    connection: Connection, worker: str, deliveries: Sequence[Delivery], arrivals: Mapping[int, int]
) -> None:
    """Note when deliveries dated by arrival came; in the transaction that stores their readings.

    `arrivals` are those that `recalled` has told. One at QoS 0 never comes again, and is not noted.
    """
    noted = sorted(
        {
            each.mid: (each.mid, _fingerprint(each), arrivals.get(each.mid, each.arrived_ms))
            for each in deliveries
            if each.qos
        }.values()
    )
    if noted:
        columns = [list(column) for column in zip(*noted, strict=True)]
        connection.execute(_REMEMBER, (worker, *columns))


def forget_old(connection: Connection, now_ms: int) -> int:
    """Forget what no broker will send again; returns how many. Once an hour will do."""
    return connection.execute(_FORGET, (now_ms - EXPIRY_S * 1000,)).rowcount


def _fingerprint(delivery: Delivery) -> bytes:
    topic = delivery.topic.encode("utf-8", "surrogatepass")
    return hashlib.sha256(len(topic).to_bytes(4) + topic + delivery.payload).digest()
