"""The numbers behind every answer of the API, made so that a hand can foretell the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from integration.desk import OTHER_SPOOL, Desk, hours, quarters, settle
from integration.networks import SENSORS, apply, network, station

from dust.clock import epoch_ms
from dust.storage.connection import connect
from dust.testing import a_reading

if TYPE_CHECKING:
    from dust.clock import Clock

# Noon and a half in Bangkok on 16 January 2024. Yesterday was above every limit, today is not.
NOW = datetime(2024, 1, 16, 5, 30, tzinfo=UTC)
MIDNIGHT = datetime(2024, 1, 15, 17, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
STATIONS = [
    station("ref", "reference", zone="north-east"),
    station("v1", example=True),
    station("v2"),
]


def fill(url: str, clock: Clock) -> None:
    """Per station: two days ago (reference only, and withdrawn later), yesterday, today."""
    apply(url, network(STATIONS, SENSORS))
    desk = Desk(url, clock)
    before = MIDNIGHT - 2 * DAY
    with connect(url) as connection:
        desk.take_readings(hours("bam-ref", [38] * 18, before, 1, pm10=10.0))
        settle(connection)
        desk.take_readings(hours("bam-ref", [10] * 6, before + 18 * HOUR, 100, pm10=10.0))
        desk.take_readings(hours("bam-ref", [50] * 24, MIDNIGHT - DAY, 200, pm10=130.0))
        desk.take_readings(hours("bam-ref", [20] * 12, MIDNIGHT, 300, pm10=10.0))
        newest = a_reading(400, "bam-ref", epoch_ms(NOW) - 60_000, pm25=30.5, pm10=32.0)
        desk.take_readings([newest])
        desk.take_readings(hours("pms-v1", [40] * 24, MIDNIGHT - DAY, 1, pm10=300.0), OTHER_SPOOL)
        desk.take_readings(quarters("pms-v1", MIDNIGHT, [90, 90], 200, pm10=300.0), OTHER_SPOOL)
        settle(connection)
    desk.close()
