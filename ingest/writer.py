"""The only writer of readings: one transaction for them, what they dirty, and quarantine.

Idempotent on (sensor, phenomenon time, sequence number): what comes again changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dust.quality import QC_VERSION
from dust.wire import ranges_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from ingest.rejection import Rejection

_INSERT: Final = """
WITH incoming AS (
  SELECT * FROM unnest(
    %s::integer[], %s::bigint[], %s::bigint[], %s::integer[],
    %s::real[], %s::real[], %s::real[], %s::real[],
    %s::real[], %s::real[], %s::real[], %s::real[], %s::real[], %s::jsonb[],
    %s::smallint[], %s::smallint[], %s::smallint[], %s::smallint[], %s::integer[]
  ) AS row (
    sensor_id, t_ms, seq, n, pm1, pm25, pm10, tsp, t_c, rh, p_hpa, wind_mps, wind_deg, x,
    qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests
  )
), inserted AS (
  INSERT INTO readings (
    sensor_id, phenomenon_time, seq, n, pm1, pm25, pm10, tsp, t_c, rh, p_hpa, wind_mps, wind_deg,
    x, qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version
  )
  SELECT
    sensor_id, timestamptz 'epoch' + t_ms * interval '1 millisecond', seq, n, pm1, pm25, pm10, tsp,
    t_c, rh, p_hpa, wind_mps, wind_deg, x, qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, %s
  FROM incoming
  ON CONFLICT DO NOTHING
  RETURNING sensor_id, phenomenon_time, seq, pm1, pm25, pm10, tsp, qc_pm1, qc_pm25, qc_pm10, qc_tsp
), dirtied AS (
  INSERT INTO dirty_hours (sensor_id, hour_start)
  SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time) FROM inserted
), newest AS (
  INSERT INTO latest_readings AS latest (
    sensor_id, phenomenon_time, seq, pm1, pm25, pm10, tsp, qc_pm1, qc_pm25, qc_pm10, qc_tsp
  )
  SELECT DISTINCT ON (sensor_id) * FROM inserted
  ORDER BY sensor_id, phenomenon_time DESC, seq DESC
  ON CONFLICT (sensor_id) DO UPDATE SET
    phenomenon_time = excluded.phenomenon_time, seq = excluded.seq, pm1 = excluded.pm1,
    pm25 = excluded.pm25, pm10 = excluded.pm10, tsp = excluded.tsp, qc_pm1 = excluded.qc_pm1,
    qc_pm25 = excluded.qc_pm25, qc_pm10 = excluded.qc_pm10, qc_tsp = excluded.qc_tsp
  WHERE (latest.phenomenon_time, latest.seq) < (excluded.phenomenon_time, excluded.seq)
)
SELECT count(*) FROM inserted
"""
_SPOOL: Final = """
INSERT INTO spools AS known (spool, gateway, received, quarantined)
VALUES (%s, %s, %s::int8multirange, %s::int8multirange)
ON CONFLICT (spool) DO UPDATE SET
  received = known.received + excluded.received,
  quarantined = known.quarantined + excluded.quarantined,
  updated_at = now()
"""
_QUARANTINE: Final = """
INSERT INTO quarantine AS known
  (fingerprint, topic, gateway, spool, seq, reason, field, value, allowed, payload)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (fingerprint) DO UPDATE SET
  times_received = known.times_received + 1, last_received_at = now()
"""
Row = tuple[Any, ...]
"""One reading's columns in the order of `_INSERT`."""


class SpoolNumbers(NamedTuple):
    """The sequence numbers of one spool that a transaction settles."""

    spool: str
    gateway: str
    stored: list[int]
    quarantined: list[int]


def write(
    connection: Connection,
    rows: Sequence[Row],
    rejections: Sequence[Rejection],
    spools: Sequence[SpoolNumbers],
) -> int:
    """Commit everything or nothing; returns how many readings were new."""
    with connection.transaction():
        inserted = _insert(connection, rows)
        for rejection in rejections:
            connection.execute(_QUARANTINE, _quarantine_row(rejection))
        for spool in sorted(spools):
            stored, quarantined = _multirange(spool.stored), _multirange(spool.quarantined)
            connection.execute(_SPOOL, (spool.spool, spool.gateway, stored, quarantined))
    return inserted


def _insert(connection: Connection, rows: Sequence[Row]) -> int:
    if not rows:
        return 0
    # Sorted, so that two workers with overlapping rows lock them in the same order.
    columns = [list(column) for column in zip(*sorted(rows, key=lambda row: row[:3]), strict=True)]
    counted = connection.execute(_INSERT, (*columns, QC_VERSION)).fetchone()
    return int(counted[0]) if counted else 0


def _multirange(numbers: list[int]) -> str:
    ranges = ranges_of([number for number in numbers if number > 0])
    return "{" + ",".join(f"[{first},{last}]" for first, last in ranges) + "}"


def _quarantine_row(rejection: Rejection) -> Row:
    identity = f"{rejection.topic}|{rejection.spool}|{rejection.seq}|{rejection.reason}|".encode()
    return (
        hashlib.sha256(identity + rejection.payload).digest(),
        rejection.topic,
        rejection.gateway,
        rejection.spool,
        rejection.seq,
        str(rejection.reason),
        rejection.field,
        rejection.value,
        rejection.allowed,
        rejection.payload,
    )
