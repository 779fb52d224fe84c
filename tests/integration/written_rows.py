"""Rows that a hand writes into the tables that workers fill, for tests of what the API answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dust.periods import Period, day_period, days_between
from dust.quality import QcTest

if TYPE_CHECKING:
    import psycopg

NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)  # half past noon in Bangkok
TODAY = date(2026, 11, 23)
BANGKOK = ZoneInfo("Asia/Bangkok")
HOUR = timedelta(hours=1)
BEFORE, BETWEEN, AFTER = (datetime(2026, 11, day, tzinfo=UTC) for day in (10, 12, 14))
_AVERAGE = """
INSERT INTO averages (station_id, pollutant, period_kind, period_start, period_end, value,
  uncorrected_value, partial_mean, n_valid, n_measured, n_possible, time_coverage, data_capture,
  data_coverage, claim_class, rule_set, corrections, qc_tests, computed_at)
SELECT station_id, %(pollutant)s, %(kind)s, %(start)s, %(end)s, %(value)s, %(value)s, 12.5,
  %(n_valid)s, %(n_possible)s, %(n_possible)s, 1, 1, 1, %(claim)s, 'epa-75-18h', %(corrections)s,
  %(qc_tests)s, %(computed_at)s
FROM stations WHERE code = %(station)s
"""
_ENTRY = """
INSERT INTO exceedances (station_id, pollutant, limit_id, local_day, period_start, period_end,
  revision, kind, status, value_raw, value_rounded, level_ugm3, is_complete, n_valid, n_possible,
  time_coverage, data_capture, data_coverage, claim_class, rule_set, reason, recorded_at,
  corrections, changed)
SELECT station_id, 'pm25', 'th-pm25-24h-2023', %(day)s, %(start)s, %(end)s, %(revision)s,
  'exceedance', %(status)s, %(value)s, %(value)s, 37.5, true, 24, 24, 1, 1, 1, 'reference',
  'epa-75-18h', 'late_data', %(recorded_at)s, '{7}', '{"value_raw": ["60", "70"]}'
FROM stations WHERE code = 'ref'
"""
_READING = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, qc_pm1, qc_pm25, qc_pm10, qc_tsp,
  qc_tests, qc_version)
SELECT sensor_id, %(time)s, %(seq)s, 1, 20, 9, %(flag)s, 9, 9, 0, 2 FROM sensors
WHERE code = 'bam-ref'
"""
_LATEST = """
INSERT INTO latest_readings (sensor_id, phenomenon_time, seq, qc_pm1, qc_pm25, qc_pm10, qc_tsp)
SELECT sensor_id, %s, 1, 9, 1, 9, 9 FROM sensors WHERE code = 'bam-ref'
"""


def average(connection: psycopg.Connection, kind: str, period: Period, **more: Any) -> None:
    plain = {
        "station": "ref",
        "pollutant": "pm25",
        "claim": "reference",
        "corrections": [],
        "qc_tests": 0,
        "computed_at": max(period.end, datetime(2026, 1, 1, tzinfo=UTC)),
        "n_valid": 24,
        "n_possible": 24,
        "kind": kind,
        "start": period.start,
        "end": period.end,
    }
    connection.execute(_AVERAGE, plain | more)


def days(connection: psycopg.Connection, first: date, end: date, value: float, **more: Any) -> None:
    for day in days_between(first, end):
        average(connection, "day", day_period(day, BANGKOK), value=value, **more)


def entry(connection: psycopg.Connection, day: int, **more: Any) -> None:
    local_day = date(2026, 11, day)
    period = day_period(local_day, BANGKOK)
    plain = {"revision": 1, "status": "provisional", "value": 60, "recorded_at": BEFORE}
    ends = {"day": local_day, "start": period.start, "end": period.end}
    connection.execute(_ENTRY, plain | ends | more)


def fill(connection: psycopg.Connection) -> None:
    """Last year 50, this year 40; November has one incomplete day and one that is not known."""
    days(connection, date(2025, 1, 1), TODAY.replace(year=2025), 50)
    days(connection, date(2026, 1, 1), date(2026, 11, 1), 40)
    days(connection, date(2026, 11, 1), date(2026, 11, 9), 40)
    days(connection, date(2026, 11, 9), date(2026, 11, 10), None, n_valid=15)  # type: ignore[arg-type]
    days(connection, date(2026, 11, 11), TODAY, 40)
    days(
        connection,
        date(2026, 11, 1),
        TODAY,
        300,
        station="v1",
        pollutant="pm10",
        claim="not_claimable",
    )
    for day in (3, 4, 5, 9):
        entry(connection, day)
    entry(connection, 6, value=60)
    entry(connection, 6, value=60, revision=2, status="withdrawn", recorded_at=AFTER)
    entry(connection, 3, value=70, revision=2, status="restated", recorded_at=AFTER)
    for index in range(1, 25):
        start = datetime(2026, 11, 23, 5, tzinfo=UTC) - index * HOUR
        tests = QcTest.RANGE if index == 2 else QcTest.NONE
        value = None if index > 20 else 20
        average(connection, "hour", Period(start, start + HOUR), value=value, qc_tests=int(tests))
    for index, flag in enumerate([1, 1, 1, 1, 1, 3, 4, 9]):
        time = NOW - timedelta(minutes=10 * index + 1)
        connection.execute(_READING, {"time": time, "seq": index + 1, "flag": flag})
    connection.execute(_LATEST, (NOW - timedelta(minutes=1),))
