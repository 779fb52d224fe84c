"""Whose turn it is: one worker at a time, else the later would write the older.

Held until the transaction ends, sensors before stations and each in order, against deadlock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

_SENSOR: Final = 0x73656E73  # "sens": judges a sensor's series
_STATION: Final = 0x73746174  # "stat": makes a station's averages


def lock_sensors(connection: Connection, sensor_ids: Iterable[int]) -> None:
    """Nobody else judges the readings of these sensors."""
    _lock(connection, _SENSOR, sensor_ids)


def lock_stations(connection: Connection, station_ids: Iterable[int]) -> None:
    """Nobody else makes the averages of these stations."""
    _lock(connection, _STATION, station_ids)


def _lock(connection: Connection, kind: int, keys: Iterable[int]) -> None:
    for key in sorted(keys):
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (kind, key))
