"""The proof: every number that was published is in the table exactly once, and none other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.storage.connection import connect
from ingest.load.errors import NotMeasured, WronglyStored

if TYPE_CHECKING:
    from psycopg import Connection

    from ingest.load.spooled import Spooled

_STORED: Final = """
SELECT s.gateway, count(*), count(DISTINCT r.seq), min(r.seq), max(r.seq)
FROM readings r JOIN sensors s USING (sensor_id) GROUP BY s.gateway
"""
_OPEN_HOURS: Final = """
SELECT (SELECT count(*) FROM dirty_hours WHERE failed_at IS NULL)
  + (SELECT count(*) FROM dirty_station_hours WHERE failed_at IS NULL)
"""
_WAITING: Final = """
SELECT count(*) FROM (
  SELECT DISTINCT sensor_id, hour_start FROM dirty_hours WHERE failed_at IS NULL
) AS hours
"""
_HOURS: Final = """
SELECT count(*) FROM averages WHERE period_kind = 'hour' AND pollutant = 'pm25'
"""
_HOURS_WITH_READINGS: Final = """
SELECT count(*) FROM (
  SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time) FROM readings
) AS hours
"""


class Tally(NamedTuple):
    """What is in the table against what was published."""

    published: int
    stored: int
    lost: int
    duplicated: int
    quarantined: int


def tally(dsn: str, spooled: Spooled) -> Tally:
    """Count; raises `WronglyStored` where anything is missing, twice, foreign or refused."""
    with connect(dsn) as connection:
        rows = connection.execute(_STORED).fetchall()
        quarantined = _number(connection, "SELECT count(*) FROM quarantine")
    each = spooled.readings_per_gateway
    stored = sum(count for _, count, *_ in rows)
    different = sum(count for _, _, count, *_ in rows)
    found = Tally(
        spooled.readings, stored, spooled.readings - different, stored - different, quarantined
    )
    foreign = [row for row in rows if (row[3], row[4]) != (1, each)]
    if found.lost or found.duplicated or found.quarantined or foreign:
        raise WronglyStored(f"{found}; of other numbers than 1 to {each}: {foreign[:5]}")
    return found


def hours_waiting(dsn: str) -> int:
    """How many hours of sensors are to be made."""
    with connect(dsn) as connection:
        return _number(connection, _WAITING)


def wait_for_hours(dsn: str, within_s: float = 3600) -> tuple[float, int]:
    """Until no hour waits to be made: seconds from now, and how many station hours there are."""
    started_s = time.monotonic()
    with connect(dsn) as connection:
        while _number(connection, _OPEN_HOURS):
            if time.monotonic() - started_s > within_s:
                raise NotMeasured(f"hours are not made within {within_s:g} s")
            time.sleep(0.1)
        waited_s = time.monotonic() - started_s
        made, due = _number(connection, _HOURS), _number(connection, _HOURS_WITH_READINGS)
    if made < due:
        raise WronglyStored(f"{made} station hours are made of {due} with readings")
    return waited_s, made


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
