"""One transaction of the worker: claimed hours, their flags, averages, days, and who must be told.

A mark on which it fails is found by going through them one by one, and set aside with its error: a
faulty row must never stop the hours of all sensors.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from dust.errors import Unavailable
from dust.periods import day_period, local_day_of
from dust.restatement import Reason
from dust.storage.connection import database_errors
from dust.storage.dirty_marks import join_work
from dust.storage.stored_network import rules_in_force
from ingest.averages import remake_hours
from ingest.dirty_work import claim, mark_days, set_aside
from ingest.flags import remake_flags, tell_latest
from ingest.long_averages import mark_months, remake_days
from ingest.neighbourhood import mark_neighbourhoods
from ingest.station_hour import StationDay, StationHour, zones_of
from ingest.worker_locks import lock_sensors, lock_stations

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

    from dust.standards import RuleSet
    from ingest.dirty_work import DirtyWork

_HOURS_AT_ONCE: Final = 200


class Round(NamedTuple):
    """What one round did."""

    n_claimed: int = 0
    n_hours: int = 0
    n_changed: int = 0
    stations: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.n_claimed > 0

    def __add__(self, other: object) -> Round:
        """Both rounds as one."""
        assert isinstance(other, Round)  # noqa: S101  (a tuple's signature takes any)
        return Round(
            self.n_claimed + other.n_claimed,
            self.n_hours + other.n_hours,
            self.n_changed + other.n_changed,
            self.stations | other.stations,
        )


def remake_dirty(connection: Connection) -> Round:
    """Make what is marked again, as much as goes into one transaction."""
    try:
        return _remake(connection, _HOURS_AT_ONCE, _HOURS_AT_ONCE)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, it must not stop the others)
        with database_errors():
            connection.execute("SELECT 1")  # a lost connection is nobody's fault
        structlog.get_logger().error("recompute_apart", reason=repr(error))
    return _remake_apart(connection)


def _remake_apart(connection: Connection) -> Round:
    """One mark at a time."""
    total = Round()
    for table, counts in (("dirty_hours", (1, 0)), ("dirty_station_hours", (0, 1))):
        for _ in range(_HOURS_AT_ONCE):
            try:
                done = _remake(connection, *counts)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  (the same)
                with database_errors():
                    set_aside(connection, table, error)
                structlog.get_logger().exception("dirty_mark_set_aside", table=table)
                done = Round(n_claimed=1)
            if not done:
                break
            total += done
    return total


def _remake(connection: Connection, sensor_hours: int, station_hours: int) -> Round:
    with database_errors(), connection.transaction():
        join_work(connection)
        work = claim(connection, sensor_hours, station_hours)
        if not work:
            return Round()
        n_claimed = work.n_claimed
        lock_sensors(connection, {hour.sensor_id for hour in work.sensor_hours})
        flagged = remake_flags(connection, work.sensor_hours)
        work.add_flagged(flagged)
        work.spread(connection)
        lock_stations(connection, {hour.station_id for hour in work.station_hours})
        n_changed = _remake_averages(connection, work, rules_in_force(connection))
        mark_neighbourhoods(connection, {hour.hour_start for hour in work.station_hours})
        tell_latest(connection, flagged)
    stations = frozenset(hour.station_id for hour in work.station_hours)
    return Round(n_claimed, len(work.station_hours), n_changed, stations)


def _remake_averages(connection: Connection, work: DirtyWork, rules: RuleSet) -> int:
    """Hours and days; returns how many are told otherwise now."""
    zones = zones_of(connection)
    known = {hour: why for hour, why in work.station_hours.items() if hour.station_id in zones}
    hours = remake_hours(connection, known, rules)
    days = {
        hour: (hour.station_id, local_day_of(hour.hour_start, zones[hour.station_id]))
        for hour in known
    }
    touched = [
        StationDay(station_id, day, day_period(day, zones[station_id]))
        for station_id, day in sorted(set(days.values()))
    ]
    told_otherwise = remake_days(connection, touched, rules)
    changed = {StationHour(key.station_id, key.start) for key in hours}
    reasons: defaultdict[tuple[int, date], set[str]] = defaultdict(set)
    for hour, why in known.items():
        if hour in changed:
            reasons[days[hour]] |= why
        elif why - {Reason.LATE_DATA}:
            reasons[days[hour]] |= set()  # changed or asked for on purpose: judged again, at least
    asked = {
        (day.station_id, day.period.start)
        for day in touched
        if (day.station_id, day.local_day) in reasons
    }
    mark_months(connection, {(key.station_id, key.start) for key in told_otherwise} | asked)
    mark_days(connection, reasons)
    return len(hours) + len(told_otherwise)
