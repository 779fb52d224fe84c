"""What every station says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dust.indicators.newest import newest_figures
from dust.storage.newest_rows import DEPLOYED_SENSORS, VALID_HOURS, asked_at

if TYPE_CHECKING:
    from datetime import datetime

    from api.queries.database import Database
    from dust.indicators.newest import StationFigures


async def fetch_newest_figures(
    database: Database, now: datetime, hours: int
) -> list[StationFigures]:
    """Every station that has a sensor, with the valid hours of the last `hours`."""
    asked = asked_at(now, hours)
    sensors = await database.rows(DEPLOYED_SENSORS, asked)
    return newest_figures(sensors, await database.rows(VALID_HOURS, asked), now)
