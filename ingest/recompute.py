"""The worker behind the writer: dirty hours -> flags -> hours -> days -> months, years -> ledger.

Cost follows the number of touched hours, not the length of history.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from dust.clock import instant
from dust.errors import Unavailable
from dust.periods import day_period, local_day_of
from dust.storage.changes import CHANNEL
from dust.storage.connection import connect, database_errors
from dust.storage.dirty_marks import join_work
from dust.storage.stored_network import rules_in_force
from ingest.averages import remake_hours
from ingest.dirty_work import claim, mark_days
from ingest.flags import remake_flags, tell_latest
from ingest.ledger import finalise, judge_dirty_days
from ingest.long_averages import remake_days, remake_months_and_years
from ingest.neighbourhood import compare_neighbours, mark_neighbourhoods
from ingest.station_hour import StationDay, StationHour, zones_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from psycopg import Connection

    from dust.clock import Clock
    from dust.standards import RuleSet
    from ingest.dirty_work import DirtyWork

_SENSOR_LOCK: Final = 0x73656E73  # "sens": one worker at a time judges a sensor's series
_STATION_LOCK: Final = 0x73746174  # "stat": one worker at a time makes a station's averages
_HOURS_AT_ONCE: Final = 500
_IDLE_S: Final = 0.5
_RETRY_S: Final = 2.0
_FINALISE_EVERY_S: Final = 600.0


class Round(NamedTuple):
    """What one round did."""

    n_claimed: int = 0
    n_hours: int = 0
    n_changed: int = 0
    stations: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.n_claimed > 0


class Recompute:
    """Keeps averages and ledger up to date until it is stopped."""

    def __init__(self, dsn: str, ledger_settle_s: float, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._settle_s = ledger_settle_s
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._finalised_s = float("-inf")

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
                now = instant(self._clock.now_ms())
                if not recompute_once(connection, self._settle_s, now):
                    self._finalise_now_and_then(connection, now)
                    self._wake.wait(_IDLE_S)
                    self._wake.clear()

    def _finalise_now_and_then(self, connection: Connection, now: datetime) -> None:
        if self._clock.monotonic_s() - self._finalised_s >= _FINALISE_EVERY_S:
            self._finalised_s = self._clock.monotonic_s()
            _notify(connection, finalise(connection, rules_in_force(connection), now))


def recompute_once(connection: Connection, settle_s: float, now: datetime) -> Round:
    """One round: what is dirty is made again, what is due is judged, who listens is told."""
    done = _remake_dirty(connection)
    judged = judge_dirty_days(connection, settle_s, now)
    _notify(connection, done.stations | compare_neighbours(connection) | judged.stations)
    return done


def _remake_dirty(connection: Connection) -> Round:
    with connection.transaction():
        join_work(connection)
        work = claim(connection, _HOURS_AT_ONCE)
        if not work:
            return Round()
        n_claimed = work.n_claimed
        _lock(connection, _SENSOR_LOCK, {hour.sensor_id for hour in work.sensor_hours})
        flagged = remake_flags(connection, work.sensor_hours)
        work.add_flagged(flagged)
        work.spread(connection)
        _lock(connection, _STATION_LOCK, {hour.station_id for hour in work.station_hours})
        n_changed = _remake_averages(connection, work, rules_in_force(connection))
        mark_neighbourhoods(connection, {hour.hour_start for hour in work.station_hours})
        tell_latest(connection, flagged)
    stations = frozenset(hour.station_id for hour in work.station_hours)
    return Round(n_claimed, len(work.station_hours), n_changed, stations)


def _remake_averages(connection: Connection, work: DirtyWork, rules: RuleSet) -> int:
    """Hours, days, months, years; returns how many averages are told otherwise now."""
    zones = zones_of(connection)
    hours = remake_hours(connection, work.station_hours, rules)
    reasons: defaultdict[tuple[int, date], set[str]] = defaultdict(set)
    days = {
        hour: (hour.station_id, local_day_of(hour.hour_start, zones[hour.station_id]))
        for hour in work.station_hours
    }
    for hour in {StationHour(key.station_id, key.start) for key in hours}:
        reasons[days[hour]] |= work.station_hours[hour]
    touched = [
        StationDay(station_id, day, day_period(day, zones[station_id]))
        for station_id, day in sorted(set(days.values()))
    ]
    told_otherwise = remake_days(connection, touched, rules)
    changed_days = {(key.station_id, key.start) for key in told_otherwise}
    asked = {(day.station_id, day.period.start) for day in touched} if work.is_asked else set()
    longer = remake_months_and_years(connection, changed_days | asked, zones, rules)
    mark_days(connection, reasons)
    return len(hours) + len(told_otherwise) + len(longer)


def _lock(connection: Connection, kind: int, keys: Iterable[int]) -> None:
    """One worker at a time, else the later would write the older; in order, against deadlock."""
    for key in sorted(keys):
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (kind, key))


def _notify(connection: Connection, stations: Collection[int]) -> None:
    if stations:
        payload = ",".join(str(station_id) for station_id in sorted(stations))
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
