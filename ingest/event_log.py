"""The table of gateways' events: only appended, and bounded however much a gateway flaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.clock import instant
from ingest.gateway_events import CALM, Event, EventKind

if TYPE_CHECKING:
    from psycopg import Connection

MOST_A_DAY: Final = 400
"""Rows of one gateway in 24 hours; what comes then is counted in one row."""
MOST_A_DAY_OF_ONE: Final = 24
"""Rows of one gateway's one kind and subject; what comes then goes into the newest of them."""
_COUNTS: Final = """
SELECT count(*), count(*) FILTER (WHERE kind = %(kind)s AND subject = %(subject)s)
FROM gateway_events
WHERE gateway = %(gateway)s AND recorded_at > now() - interval '24 hours'
"""
_APPEND: Final = """
INSERT INTO gateway_events (gateway, kind, subject, value, happened_at)
VALUES (%(gateway)s, %(kind)s, %(subject)s, %(value)s, %(at)s)
"""
_TAKE_IN: Final = """
UPDATE gateway_events SET
  value = %(value)s,
  trouble = CASE WHEN %(is_calm)s THEN coalesce(trouble, value) ELSE %(value)s END,
  changed_until = greatest(changed_until, happened_at, %(at)s),
  changes = changes + 1,
  recorded_at = now()
WHERE gateway_event_id = (
  SELECT gateway_event_id FROM gateway_events
  WHERE gateway = %(gateway)s AND kind = %(kind)s AND subject = %(subject)s
  ORDER BY happened_at DESC, gateway_event_id DESC LIMIT 1
)
"""


def append(connection: Connection, gateway: str, event: Event) -> None:
    """Keep an event; the caller holds the lock of the gateway's row in `gateway_status`."""
    row = {
        "gateway": gateway,
        "kind": str(event.kind),
        "subject": event.subject,
        "value": event.value,
        "at": instant(event.at_ms),
        "is_calm": event.value in CALM,
    }
    n_all, n_same = connection.execute(_COUNTS, row).fetchone() or (0, 0)
    if n_all < MOST_A_DAY and n_same < MOST_A_DAY_OF_ONE:
        connection.execute(_APPEND, row)
    elif not connection.execute(_TAKE_IN, row).rowcount:
        _count_left_out(connection, row)


def _count_left_out(connection: Connection, row: dict[str, object]) -> None:
    left_out = row | {"kind": str(EventKind.LEFT_OUT), "subject": "", "value": "too many events"}
    if not connection.execute(_TAKE_IN, left_out).rowcount:
        connection.execute(_APPEND, left_out)
