"""Whose local days are meant: the time zones of stations and of sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dust.errors import BadInput

if TYPE_CHECKING:
    from psycopg import Connection

_OF_STATIONS: Final = "SELECT code, time_zone FROM stations ORDER BY code"
_OF_SENSOR: Final = """
SELECT DISTINCT t.time_zone
FROM deployments d JOIN sensors s USING (sensor_id) JOIN stations t USING (station_id)
WHERE s.code = %s
"""


def station_zone(connection: Connection, code: str, field: str = "station") -> ZoneInfo:
    """The time zone of a station; a `BadInput` of `field` lists the stations that there are."""
    zones: dict[str, str] = dict(connection.execute(_OF_STATIONS).fetchall())
    if code not in zones:
        allowed = "one of " + (", ".join(zones) or "none: there is no station")
        raise BadInput(field, code, allowed)
    return ZoneInfo(zones[code])


def sensor_zone(connection: Connection, code: str | None) -> ZoneInfo | None:
    """The one zone of a sensor's stations, or else of all stations; None where they differ."""
    zones = [row[0] for row in connection.execute(_OF_SENSOR, (code,))]
    if not zones:
        zones = sorted({row[1] for row in connection.execute(_OF_STATIONS)})
    return ZoneInfo(zones[0]) if len(zones) == 1 else None
