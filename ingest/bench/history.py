"""A history of so many readings with its averages, made inside the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from dust.network import Network
from dust.storage import stored_network

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

SENSORS: Final = 40
INTERVAL_S: Final = 60
END: Final = datetime(2026, 10, 31, 17, tzinfo=UTC)
"""A local midnight in Bangkok."""
_MINUTES_AT_ONCE: Final = 25_000
_READINGS: Final = """
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm1, pm25, pm10, rh,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version)
SELECT s.sensor_id, %(start)s::timestamptz + m * interval '1 minute' - interval '1 millisecond', m,
  58, (floor(random() * 20000) / 1000)::real, (20 + floor(random() * 30000) / 1000)::real,
  (50 + floor(random() * 60000) / 1000)::real, (60 + floor(random() * 200) / 10)::real,
  1, 1, 1, 9, 0, 2
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS m CROSS JOIN sensors s
"""
_AVERAGES: Final = """
INSERT INTO averages (station_id, pollutant, period_kind, period_start, period_end, value,
  uncorrected_value, partial_mean, n_valid, n_measured, n_possible, time_coverage, data_capture,
  data_coverage, claim_class, rule_set)
SELECT station_id, p, %(kind)s, start, start + %(length)s::interval, 40, 40, 40,
  %(n)s, %(n)s, %(n)s, 1, 1, 1,
  CASE p WHEN 'pm10' THEN 'not_claimable' ELSE 'screening' END, 'epa-75-18h'
FROM stations CROSS JOIN unnest(ARRAY['pm1', 'pm25', 'pm10']) AS p
CROSS JOIN generate_series(
  %(start)s::timestamptz, %(end)s::timestamptz - %(length)s::interval, %(length)s::interval
) AS start
"""


def network() -> Network:
    """Forty stations with a sensor each, close to one another."""
    codes = [f"bench-{index:02}" for index in range(SENSORS)]
    place = {"kind": "village", "latitude": 14.687, "longitude": 100.871}
    return Network.model_validate(
        {
            "code": "bench",
            "name": {"th": "ทดสอบ", "en": "Bench"},
            "stations": [{"code": c, "name": {"th": c, "en": c}, **place} for c in codes],
            "sensors": [{"code": c, "model": "pms5003", "gateway": "bench"} for c in codes],
            "deployments": [{"sensor": c, "station": c} for c in codes],
        }
    )


def fill(connection: Connection, rows: int, say: Callable[[int], None]) -> datetime:
    """Store at least `rows` readings before `END`, whole local days; returns their beginning."""
    days = -(-rows // (SENSORS * 1440))
    start = END - timedelta(days=days)
    stored_network.apply(connection, network())
    for first in range(1, days * 1440 + 1, _MINUTES_AT_ONCE):
        last = min(first + _MINUTES_AT_ONCE - 1, days * 1440)
        connection.execute(_READINGS, {"start": start, "first": first, "last": last})
        say((last - first + 1) * SENSORS)
    for kind, length, n in (("hour", "1 hour", 60), ("day", "1 day", 24)):
        span = {"start": start, "end": END, "kind": kind, "length": length, "n": n}
        connection.execute(_AVERAGES, span)
    connection.execute("VACUUM ANALYZE")
    return start
