"""The worker behind the writer: dirty hours -> hourly means -> local days -> ledger -> NOTIFY.

Cost follows the number of touched hours, not the length of history.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust.clock import instant
from dust.errors import Unavailable
from dust.standards import default_rule_set
from dust.storage.changes import CHANNEL
from dust.storage.connection import connect, database_errors
from ingest.averages import StationHour, days_of, recompute_days, recompute_hours
from ingest.ledger import judge_dirty_days

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from psycopg import Connection

    from dust.clock import Clock
    from dust.standards import RuleSet

_LOCK_CLASS: Final = 0x73746174  # "stat": one worker at a time makes a station's averages
_HOURS_AT_ONCE: Final = 500
_IDLE_S: Final = 0.5
_RETRY_S: Final = 2.0
_CLAIM: Final = """
DELETE FROM dirty_hours WHERE dirty_hour_id IN (
  SELECT dirty_hour_id FROM dirty_hours ORDER BY dirty_hour_id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING sensor_id, hour_start
"""
_STATION_HOURS: Final = """
SELECT DISTINCT d.station_id, h.hour_start
FROM unnest(%s::integer[], %s::timestamptz[]) AS h (sensor_id, hour_start)
JOIN deployments d ON d.sensor_id = h.sensor_id
  AND d.deployed_from < h.hour_start + interval '1 hour'
  AND (d.deployed_to IS NULL OR d.deployed_to > h.hour_start)
ORDER BY 1, 2
"""
_MARK_DAYS: Final = """
INSERT INTO dirty_days (station_id, local_day, marked_at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (station_id, local_day) DO UPDATE SET marked_at = clock_timestamp()
"""


class Recompute:
    """Keeps averages and ledger up to date until it is stopped."""

    def __init__(self, dsn: str, ledger_settle_s: float, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._settle_s = ledger_settle_s
        self._rules: RuleSet = default_rule_set()
        self._wake = threading.Event()
        self._stop = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except Unavailable as error:
                structlog.get_logger().warning("recompute_waits", reason=str(error))
                self._stop.wait(_RETRY_S)
            except Exception:  # noqa: BLE001  (the thread's outermost loop: readings go on)
                structlog.get_logger().exception("recompute_failed")
                self._stop.wait(_RETRY_S)

    def _work(self) -> None:
        with database_errors(), connect(self._dsn) as connection:
            while not self._stop.is_set():
                if not recompute_once(
                    connection, self._rules, self._settle_s, instant(self._clock.now_ms())
                ):
                    self._wake.wait(_IDLE_S)
                    self._wake.clear()


def recompute_once(connection: Connection, rules: RuleSet, settle_s: float, now: datetime) -> int:
    """One round; returns how many station hours were made again."""
    hours = _recompute_dirty_hours(connection, rules)
    judged = judge_dirty_days(connection, settle_s, now)
    _notify(connection, {hour.station_id for hour in hours} | judged)
    return len(hours)


def _recompute_dirty_hours(connection: Connection, rules: RuleSet) -> list[StationHour]:
    with connection.transaction():
        claimed = connection.execute(_CLAIM, (_HOURS_AT_ONCE,)).fetchall()
        if not claimed:
            return []
        sensors, starts = zip(*set(claimed), strict=True)
        rows = connection.execute(_STATION_HOURS, (list(sensors), list(starts)))
        hours = [StationHour(*row) for row in rows]
        _lock_stations(connection, hours)
        recompute_hours(connection, hours, rules)
        days = days_of(connection, hours)
        recompute_days(connection, days, rules)
        for day in days:
            connection.execute(_MARK_DAYS, (day.station_id, day.local_day))
    return hours


def _lock_stations(connection: Connection, hours: Iterable[StationHour]) -> None:
    """One worker at a time makes a station's averages: else the later would write the older."""
    for station_id in sorted({hour.station_id for hour in hours}):
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK_CLASS, station_id))


def _notify(connection: Connection, stations: set[int]) -> None:
    if stations:
        payload = ",".join(str(station_id) for station_id in sorted(stations))
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
