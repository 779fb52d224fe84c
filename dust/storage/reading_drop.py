"""The drop itself: a piece is sealed first, then its readings go; cut off, it goes on where it was.

Whoever makes averages waits while a piece is sealed, and so does whoever writes, for an instant: a
reading that was being written when the plan was made has left a mark, and that is looked for again
with both held.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from dust.errors import DustError
from dust.storage.dirty_marks import change_rules
from dust.storage.patience import patiently, quiet
from dust.storage.retention import first_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from psycopg import Connection

    from dust.storage.retention import Piece, Plan

_TURN: Final = 0x64726F70  # "drop": one at a time
_RECORD: Final = """
INSERT INTO dropped_readings (dropped_from, dropped_to, sealed_before)
VALUES (%(start)s, %(end)s, %(end)s::timestamptz + %(margin)s)
RETURNING dropped_span_id
"""
_UNFINISHED: Final = """
SELECT dropped_span_id, dropped_from, dropped_to FROM dropped_readings
WHERE finished_at IS NULL ORDER BY dropped_from, dropped_span_id
"""
_COUNT: Final = """
UPDATE dropped_readings SET n_readings = n_readings + %(n)s WHERE dropped_span_id = %(span)s
"""
_FINISH: Final = """
UPDATE dropped_readings SET finished_at = clock_timestamp() WHERE dropped_span_id = %s
"""
_STORED: Final = """
SELECT count(*) FROM readings WHERE phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
"""
_DROP_CHUNKS: Final = """
SELECT drop_chunks('readings', older_than => %(end)s::timestamptz,
  newer_than => %(start)s::timestamptz)
"""
# One after the other by the key's first column: DISTINCT would read the whole table.
_SENSORS: Final = """
WITH RECURSIVE known AS (
  (SELECT sensor_id FROM readings ORDER BY sensor_id LIMIT 1)
  UNION ALL
  SELECT n.* FROM known k CROSS JOIN LATERAL (
    SELECT sensor_id FROM readings WHERE sensor_id > k.sensor_id ORDER BY sensor_id LIMIT 1
  ) AS n
)
SELECT sensor_id FROM known ORDER BY sensor_id
"""
_DAYS: Final = """
SELECT day, least(day + interval '1 day', %(end)s::timestamptz)
FROM generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 microsecond',
  interval '1 day') AS day
"""
_DELETE: Final = """
DELETE FROM readings
WHERE sensor_id = %(sensor)s AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
"""


class StillMarked(DustError):  # noqa: N818  (named by what is wrong)
    """An hour was marked after the plan was made: the readings behind it stay."""


def drop_readings(
    connection: Connection,
    plan: Plan,
    *,
    is_hypertable: bool,
    say: Callable[[str], None] = quiet,
    step: Callable[[Piece], None] | None = None,
) -> int:
    """Drop what is planned, piece by piece; returns how many readings went.

    Raises `StillMarked` before a piece that is not settled any more, and `Unavailable` where
    somebody holds a lock for minutes. Stopped anywhere, the next run finishes what has begun.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (_TURN,))
    try:
        dropped = finish_drops(connection, is_hypertable=is_hypertable, say=say)
        for piece in plan.pieces:
            _seal(connection, piece, plan.margin, say)
            dropped += finish_drops(connection, is_hypertable=is_hypertable, say=say)
            if step is not None:
                step(piece)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_TURN,))
    return dropped


def finish_drops(
    connection: Connection, *, is_hypertable: bool, say: Callable[[str], None] = quiet
) -> int:
    """Drop the readings of all spans that are sealed and not finished; returns how many went."""
    dropped = 0
    for key, start, end in connection.execute(_UNFINISHED).fetchall():
        span = {"span": key, "start": start, "end": end}
        if is_hypertable:
            drop = partial(_drop_chunks, connection, span)
            dropped += patiently(connection, drop, "dropping a chunk", say)
        # All of a plain table; of a hypertable what chunks of another length have left.
        if not is_hypertable or _stored(connection, span):
            dropped += _delete(connection, span)
        connection.execute(_FINISH, (key,))
    return dropped


def _seal(
    connection: Connection, piece: Piece, margin: timedelta, say: Callable[[str], None]
) -> None:
    span = {"start": piece.start, "end": piece.end, "margin": margin}

    def seal() -> None:
        change_rules(connection)
        # The lock of a hypertable's root stops writers as well; its chunks need none.
        connection.execute("LOCK TABLE ONLY readings IN SHARE ROW EXCLUSIVE MODE")
        mark = first_mark(connection)
        if mark is not None and mark < piece.end + margin:
            raise StillMarked(
                f"the hour of {mark:%Y-%m-%d %H:%M} UTC waits to be made again: readings from"
                f" {piece.start:%Y-%m-%d} on stay; run it again when ingest has made it"
            )
        connection.execute(_RECORD, span)

    patiently(connection, seal, "sealing hours", say)


def _drop_chunks(connection: Connection, span: dict[str, int | datetime]) -> int:
    before = _stored(connection, span)
    connection.execute(_DROP_CHUNKS, span)
    gone = before - _stored(connection, span)
    connection.execute(_COUNT, {"n": gone, "span": span["span"]})
    return gone


def _stored(connection: Connection, span: dict[str, int | datetime]) -> int:
    (count,) = connection.execute(_STORED, span).fetchone() or (0,)
    return int(count)


def _delete(connection: Connection, span: dict[str, int | datetime]) -> int:
    """A sensor's day at a time: no long transaction, and nobody waits."""
    dropped = 0
    days = connection.execute(_DAYS, span).fetchall()
    for (sensor,) in connection.execute(_SENSORS).fetchall():
        for start, end in days:
            part = {"sensor": sensor, "start": start, "end": end}
            with connection.transaction():
                gone = connection.execute(_DELETE, part).rowcount
                connection.execute(_COUNT, {"n": gone, "span": span["span"]})
            dropped += gone
    return dropped
