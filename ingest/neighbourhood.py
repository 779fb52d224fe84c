"""Stations held against their neighbours, hour by hour: a bit beside the mean, nothing more.

One station in a plume is right and its neighbours are not, so a disagreement only says that
somebody should look (domain-rules.md, section 2). Each comparison sees what all stations have
committed, whichever of them came last.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from dust.claims import claims_table
from dust.pollutants import Pollutant
from dust.quality import QcTest
from dust.quality_control import disagreeing

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from psycopg import Connection

_LOCK: Final = 0x6E656967  # "neig": one worker compares at a time
_HOURS_AT_ONCE: Final = 500
_HOURS_IN_MEMORY: Final = 20
"""Of a province of 1,000 stations these are 40,000 values; all 500 would be a million."""
_COMPARED: Final = (Pollutant.PM25, Pollutant.PM10)
_MARK: Final = """
INSERT INTO dirty_neighbourhoods (hour_start) SELECT unnest(%s::timestamptz[])
"""
_CLAIM: Final = """
DELETE FROM dirty_neighbourhoods WHERE dirty_neighbourhood_id IN (
  SELECT dirty_neighbourhood_id FROM dirty_neighbourhoods
  ORDER BY dirty_neighbourhood_id LIMIT %s
) RETURNING hour_start
"""
_HOURS: Final = """
SELECT a.period_start, a.pollutant, a.station_id, s.latitude, s.longitude, a.value,
  a.qc_tests & %(bit)s <> 0
FROM averages a JOIN stations s USING (station_id)
WHERE a.period_kind = 'hour' AND a.period_start = ANY(%(hours)s::timestamptz[])
  AND a.pollutant = ANY(%(pollutants)s::text[])
  AND (a.value IS NOT NULL OR a.qc_tests & %(bit)s <> 0)
ORDER BY a.period_start, a.pollutant, a.station_id
"""
_SET: Final = """
UPDATE averages a SET qc_tests = a.qc_tests # %(bit)s
FROM unnest(%(stations)s::integer[], %(pollutants)s::text[], %(hours)s::timestamptz[])
  AS w (station_id, pollutant, period_start)
WHERE a.station_id = w.station_id AND a.pollutant = w.pollutant AND a.period_kind = 'hour'
  AND a.period_start = w.period_start
"""


def mark_neighbourhoods(connection: Connection, hours: Collection[datetime]) -> None:
    """Leave these hours to be compared, in the caller's transaction."""
    connection.execute(_MARK, (sorted(hours),))


def compare_neighbours(connection: Connection) -> set[int]:
    """Compare the stations in all marked hours; returns those whose bit changed."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        claimed = connection.execute(_CLAIM, (_HOURS_AT_ONCE,)).fetchall()
        hours = sorted({start for (start,) in claimed})
        turned = [
            each
            for at in range(0, len(hours), _HOURS_IN_MEMORY)
            for each in _turned(connection, hours[at : at + _HOURS_IN_MEMORY])
        ]
        if turned:
            stations, pollutants, starts = (list(column) for column in zip(*turned, strict=True))
            connection.execute(
                _SET,
                {
                    "bit": int(QcTest.NEIGHBOUR),
                    "stations": stations,
                    "pollutants": pollutants,
                    "hours": starts,
                },
            )
    return {station_id for station_id, _, _ in turned}


def _turned(connection: Connection, hours: list[datetime]) -> list[tuple[int, str, datetime]]:
    """The (station, pollutant, hour) of which the bit must turn over."""
    rows = connection.execute(
        _HOURS,
        {
            "bit": int(QcTest.NEIGHBOUR),
            "hours": hours,
            "pollutants": [str(pollutant) for pollutant in _COMPARED],
        },
    )
    by_hour: defaultdict[tuple[datetime, str], list[tuple[Any, ...]]] = defaultdict(list)
    for start, pollutant, *told in rows:
        by_hour[start, pollutant].append(tuple(told))
    return [
        (station_id, pollutant, start)
        for (start, pollutant), stations in by_hour.items()
        for station_id in _turned_stations(stations)
    ]


def _turned_stations(stations: list[tuple[Any, ...]]) -> list[int]:
    """An hour that is not valid any more disagrees with nobody."""
    valid = [station for station in stations if station[3] is not None]
    found: set[int] = set()
    if valid:
        ids, latitudes, longitudes, values, _ = zip(*valid, strict=True)
        disagree = disagreeing(
            latitudes, longitudes, [float(value) for value in values], claims_table().neighbours
        )
        found = {key for key, disagrees in zip(ids, disagree, strict=True) if disagrees}
    return [key for key, *_, is_marked in stations if is_marked != (key in found)]
