"""Co-locations in a database: hourly readings of a sensor and hourly averages of a reference."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from integration.networks import DEPLOYMENTS, SENSORS, apply, network, sensor, station

from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDING = Path(__file__).parents[2] / "sim" / "data" / "colocation_nc_2019_hourly.csv"
START = datetime(2024, 3, 1, 17, tzinfo=UTC)  # midnight in Bangkok
HOUR = timedelta(hours=1)
_READING = """
INSERT INTO readings (
  sensor_id, phenomenon_time, seq, n, pm25, pm10, rh, t_c,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version
)
SELECT sensor_id, %s, %s, 60, %s, %s, %s, %s, 9, %s, 1, 9, 0, 2 FROM sensors WHERE code = %s
"""
_AVERAGE = """
INSERT INTO averages (
  station_id, pollutant, period_kind, period_start, period_end, value, uncorrected_value,
  partial_mean, n_valid, n_measured, n_possible, time_coverage, data_capture, data_coverage,
  claim_class, rule_set
)
SELECT station_id, %s, 'hour', %s, %s, %s, %s, %s, 4, 4, 4, 1, 1, 1, %s, 'epa-75-18h'
FROM stations WHERE code = 'ref'
"""


class HourPair(NamedTuple):
    """An hour of both; None is a value that is not there."""

    start: datetime
    reference: float | None
    sensor: float | None
    rh: float | None = 60.0
    t_c: float | None = 28.0
    qc: int = 1
    claim_class: str = "reference"


def place_network(url: str, zone: str = "Asia/Bangkok") -> None:
    """The little network, and `pms-co` that says one reading an hour and stands nowhere yet."""
    stations = [station("ref", "reference", time_zone=zone), station("v1"), station("v2")]
    beside = sensor("pms-co", interval_s=3600)
    apply(url, network(stations, [*SENSORS, beside], DEPLOYMENTS))


def fill(url: str, pairs: Sequence[HourPair], pollutant: str = "pm25") -> None:
    """Store the hours of `pms-co` and of `ref`."""
    readings, averages = [], []
    for seq, pair in enumerate(pairs, 1):
        last = pair.start + HOUR - timedelta(milliseconds=1)
        level = pair.reference
        values = [pair.sensor if name == pollutant else None for name in ("pm25", "pm10")]
        if pair.sensor is not None:
            readings.append((last, seq, *values, pair.rh, pair.t_c, pair.qc, "pms-co"))
        kept = (level, level, level, pair.claim_class)
        averages.append((pollutant, pair.start, pair.start + HOUR, *kept))
    with connect(url) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_READING, readings)
        cursor.executemany(_AVERAGE, averages)


def recording(column: str = "s1_pm25") -> list[HourPair]:
    """The month in North Carolina; hours without a sensor value have none."""
    with RECORDING.open(newline="", encoding="utf-8") as file:
        return [
            HourPair(
                datetime.fromisoformat(row["hour_start_lst"]).astimezone(UTC),
                _number(row["ref_pm25_ugm3"]),
                _number(row[column]),
                _number(row["s1_rh_pct"]),
                _number(row["s1_temp_c"]),
            )
            for row in csv.DictReader(file)
        ]


def made(n_days: int, slope: float = 1.5, intercept: float = 4.0) -> list[HourPair]:
    """A sensor that follows the reference closely along a line, with a little noise."""
    pairs = []
    for hour in range(24 * n_days):
        reference = 30 + 18 * ((hour * 37) % 101) / 101 + 8 * ((hour // 24 * 13) % 7) / 7
        noise = 1.2 * (((hour * 61) % 89) / 89 - 0.5)
        pairs.append(
            HourPair(START + hour * HOUR, reference, slope * reference + intercept + noise)
        )
    return pairs


def _number(text: str) -> float | None:
    return float(text) if text else None
