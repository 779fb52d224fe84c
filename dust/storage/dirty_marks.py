"""Marks on hours that must be made again, and why; the worker of the averages claims them.

A mark is only appended, in the transaction of what caused it, so that it cannot be lost. Marks are
in the order of time, so that a day's hours are made together and its ledger is judged once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from psycopg import Connection

    from dust.restatement import Reason

_RULES_LOCK: Final = 0x72756C65  # "rule"
# Hours whose readings retention has dropped keep what was told.
_SENSOR_HOURS: Final = """
INSERT INTO dirty_hours (sensor_id, hour_start, reason)
SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time), %(reason)s
FROM readings
WHERE sensor_id = ANY(%(keys)s::integer[])
  AND phenomenon_time >= date_trunc('hour', %(start)s::timestamptz)
  AND phenomenon_time < %(end)s::timestamptz
  AND phenomenon_time >= coalesce((SELECT max(sealed_before) FROM dropped_readings), '-infinity')
ORDER BY 2, 1
"""
_STATION_HOURS: Final = """
INSERT INTO dirty_station_hours (station_id, hour_start, reason)
SELECT DISTINCT station_id, period_start, %(reason)s
FROM averages
WHERE station_id = ANY(%(keys)s::integer[]) AND period_kind = 'hour'
  AND period_start >= date_trunc('hour', %(start)s::timestamptz)
  AND period_start < %(end)s::timestamptz
  AND period_start >= coalesce((SELECT max(sealed_before) FROM dropped_readings), '-infinity')
ORDER BY 2, 1
"""


def join_work(connection: Connection) -> None:
    """Take part in making averages: until this transaction ends, nobody changes the rules."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_RULES_LOCK,))


def change_rules(connection: Connection) -> None:
    """Wait until nobody makes averages, and keep it so until this transaction ends.

    An average that another worker is making by the old network is not stored yet, so no mark could
    find it.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_RULES_LOCK,))


def mark_sensor_hours(
    connection: Connection,
    sensor_ids: Sequence[int],
    start: datetime | None,
    end: datetime | None,
    reason: Reason,
) -> int:
    """Mark the hours in [start, end) for which these sensors have readings; None is open."""
    return _mark(connection, _SENSOR_HOURS, sensor_ids, (start, end), reason)


def mark_station_hours(
    connection: Connection,
    station_ids: Sequence[int],
    start: datetime | None,
    end: datetime | None,
    reason: Reason,
) -> int:
    """Mark the hours in [start, end) for which these stations have averages; None is open."""
    return _mark(connection, _STATION_HOURS, station_ids, (start, end), reason)


def _mark(
    connection: Connection,
    statement: str,
    keys: Sequence[int],
    span: tuple[datetime | None, datetime | None],
    reason: Reason,
) -> int:
    start, end = span
    marked = connection.execute(
        statement.encode(),
        {
            "keys": list(keys),
            "reason": str(reason),
            "start": start or "-infinity",
            "end": end or "infinity",
        },
    )
    return marked.rowcount
