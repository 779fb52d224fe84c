"""The only writer of readings: one transaction for them, what they dirty, and quarantine.

Idempotent on (sensor, phenomenon time, sequence number): what comes again changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, LiteralString, NamedTuple

import numpy as np
from psycopg.errors import DeadlockDetected, UniqueViolation

from dust.pollutants import Pollutant
from dust.wire import ranges_of
from ingest.quarantine.bound import Refused, admit
from ingest.reading_rows import COPIED, FLAG_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from psycopg import Connection

    from ingest.reading_rows import ReadingRows
    from ingest.rejection import Rejection

_COLUMNS: Final = ", ".join(COPIED)
_COPY_NEW: Final = f"COPY readings ({_COLUMNS}) FROM STDIN (FORMAT binary)"
_MARK_HOURS: Final = """
INSERT INTO dirty_hours (sensor_id, hour_start)
SELECT sensor_id, timestamptz 'epoch' + hour * interval '1 hour'
FROM unnest(%s::integer[], %s::bigint[]) AS touched (sensor_id, hour)
"""
_STAGE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_readings (
  sensor_id integer, phenomenon_time timestamptz, seq bigint, n integer,
  pm1 real, pm25 real, pm10 real, tsp real, t_c real, rh real, p_hpa real,
  wind_mps real, wind_deg real,
  qc_pm1 smallint, qc_pm25 smallint, qc_pm10 smallint, qc_tsp smallint,
  qc_tests integer, qc_version smallint, x jsonb
) ON COMMIT DELETE ROWS
"""
# Emptied by the commit: a TRUNCATE would cost the server 3 ms a batch. Of two writes in one
# transaction the second stages the first's rows again, which changes nothing.
_COPY_STAGED: Final = f"COPY staged_readings ({_COLUMNS}) FROM STDIN (FORMAT binary)"
_INSERT: Final = f"""
WITH inserted AS (
  INSERT INTO readings ({_COLUMNS}) SELECT {_COLUMNS} FROM staged_readings
  ON CONFLICT DO NOTHING
  RETURNING sensor_id, date_trunc('hour', phenomenon_time) AS hour_start
), hours AS (
  SELECT sensor_id, hour_start, count(*) AS readings FROM inserted GROUP BY sensor_id, hour_start
), dirtied AS (
  INSERT INTO dirty_hours (sensor_id, hour_start) SELECT sensor_id, hour_start FROM hours
)
SELECT coalesce(sum(readings), 0) FROM hours
"""  # noqa: S608  (names of our own columns)
_NEWEST_GIVEN: Final = """
INSERT INTO latest_readings AS latest (
  sensor_id, phenomenon_time, seq, pm1, pm25, pm10, tsp, qc_pm1, qc_pm25, qc_pm10, qc_tsp
)
SELECT
  sensor_id, timestamptz 'epoch' + t_ms * interval '1 millisecond', seq,
  nullif(pm1, 'NaN'), nullif(pm25, 'NaN'), nullif(pm10, 'NaN'), nullif(tsp, 'NaN'),
  qc_pm1, qc_pm25, qc_pm10, qc_tsp
FROM unnest(
  %s::integer[], %s::bigint[], %s::bigint[], %s::real[], %s::real[], %s::real[], %s::real[],
  %s::smallint[], %s::smallint[], %s::smallint[], %s::smallint[]
) AS row (sensor_id, t_ms, seq, pm1, pm25, pm10, tsp, qc_pm1, qc_pm25, qc_pm10, qc_tsp)
ON CONFLICT (sensor_id) DO UPDATE SET phenomenon_time = excluded.phenomenon_time, seq = excluded.seq
"""
_ONLY_NEWER: Final = """
WHERE (latest.phenomenon_time, latest.seq) < (excluded.phenomenon_time, excluded.seq)
"""
_TOLD: Final = (*(str(pollutant) for pollutant in Pollutant), *FLAG_FIELDS)
_NEWEST: Final = (
    _NEWEST_GIVEN + "".join(f", {name} = excluded.{name}" for name in _TOLD) + _ONLY_NEWER
).encode()
# A device that tells each quantity in a message of its own: what it told of the others just before
# still stands.
_NEWEST_PART: Final = (
    _NEWEST_GIVEN
    + "".join(
        f", {name} = CASE WHEN excluded.{pollutant} IS NULL"
        " AND latest.phenomenon_time > excluded.phenomenon_time - interval '2 minutes'"
        f" THEN latest.{name} ELSE excluded.{name} END"
        for pollutant in Pollutant
        for name in (str(pollutant), f"qc_{pollutant}")
    )
    + _ONLY_NEWER
).encode()
_SPOOL: Final = """
INSERT INTO spools AS known (spool, gateway, received, quarantined)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::int8multirange[], %s::int8multirange[])
ON CONFLICT (spool, gateway) DO UPDATE SET
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


class SpoolNumbers(NamedTuple):
    """The sequence numbers of one spool that a transaction settles."""

    spool: str
    gateway: str
    stored: list[int]
    quarantined: list[int]


class Written(NamedTuple):
    """How many readings were new, and which rejections were kept: of a flood, not all are."""

    new: int
    kept: list[Rejection]


def write(
    connection: Connection,
    rows: ReadingRows | None,
    rejections: Sequence[Rejection],
    spools: Sequence[SpoolNumbers],
    *,
    may_repeat: bool = True,
) -> Written:
    """Commit everything or nothing; `spools` tell the numbers of the rows alone.

    Where no reading may have come before, as far as the caller knows, writing is cheaper; where one
    has after all, it costs more.
    """
    with connection.transaction():
        new = _insert(connection, rows, may_repeat=may_repeat) if rows else 0
        kept = _quarantine(connection, rejections)
        _settle_numbers(connection, [*spools, *_numbers_of(kept)])
    return Written(new, kept)


def _quarantine(connection: Connection, rejections: Sequence[Rejection]) -> list[Rejection]:
    """Each kind of lock is taken in a fixed order, against deadlocks with another worker."""
    rows = sorted(((_quarantine_row(each), each) for each in rejections), key=lambda row: row[0][0])
    asked = [
        Refused(each.gateway, row[0], len(each.payload), str(each.reason)) for row, each in rows
    ]
    admitted = admit(connection, asked)
    kept = [pair for pair, is_admitted in zip(rows, admitted, strict=True) if is_admitted]
    for row, _ in kept:
        connection.execute(_QUARANTINE, row)
    return [rejection for _, rejection in kept]


def _numbers_of(kept: Sequence[Rejection]) -> list[SpoolNumbers]:
    return [
        SpoolNumbers(each.spool, each.gateway, [], [each.seq])
        for each in kept
        if each.spool is not None and each.seq is not None
    ]


def _insert(connection: Connection, rows: ReadingRows, *, may_repeat: bool) -> int:
    stream = rows.copy_stream()
    if may_repeat or rows.has_repeats() or not _insert_new(connection, rows, stream):
        new = _insert_staged(connection, stream)
    else:
        new = len(rows)
    _tell_newest(connection, rows)
    return new


def _insert_new(connection: Connection, rows: ReadingRows, stream: bytes) -> bool:
    """All rows straight into the table; False, and nothing is done, where one is there already."""
    try:
        with connection.transaction():
            _copy(connection, _COPY_NEW, stream)
    except (UniqueViolation, DeadlockDetected):  # another worker may be storing the same
        return False
    connection.execute(_MARK_HOURS, [each.tolist() for each in rows.touched_hours()])
    return True


def _insert_staged(connection: Connection, stream: bytes) -> int:
    """Staged without a look at what is stored; the sorted rows then meet the table once."""
    connection.execute(_STAGE)
    _copy(connection, _COPY_STAGED, stream)
    counted = connection.execute(_INSERT.encode()).fetchone()
    return int(counted[0]) if counted else 0


def _copy(connection: Connection, statement: LiteralString, stream: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(stream)


def _tell_newest(connection: Connection, rows: ReadingRows) -> None:
    """Keep each sensor's newest reading; one that was stored before is not newer than itself."""
    is_part = np.isin(rows.sensor_ids, list(rows.partial_sensors))
    whole = rows.at(np.flatnonzero(~is_part)) if is_part.any() else rows
    connection.execute(_NEWEST, _newest_columns(whole.at(whole.newest_places())))
    for place in np.flatnonzero(is_part):
        connection.execute(_NEWEST_PART, _newest_columns(rows.at(np.array([place]))))


def _newest_columns(newest: ReadingRows) -> list[list[Any]]:
    columns: list[NDArray[Any]] = [
        newest.sensor_ids,
        newest.columns.times_ms,
        newest.columns.seqs,
        *(newest.columns.values[pollutant] for pollutant in Pollutant),
        *(newest.flags[pollutant] for pollutant in Pollutant),
    ]
    return [column.tolist() for column in columns]


def _settle_numbers(connection: Connection, spools: Sequence[SpoolNumbers]) -> None:
    # A UUID may be written in capitals; a statement may touch a row once only.
    known: dict[tuple[str, str], SpoolNumbers] = {}
    for each in spools:
        key = each.spool.lower(), each.gateway
        one = known.setdefault(key, each._replace(stored=[], quarantined=[]))
        one.stored.extend(each.stored)
        one.quarantined.extend(each.quarantined)
    if known:
        told = [
            (*key, _multirange(each.stored), _multirange(each.quarantined))
            for key, each in sorted(known.items())
        ]
        connection.execute(_SPOOL, [list(column) for column in zip(*told, strict=True)])


def _multirange(numbers: list[int]) -> str:
    ranges = ranges_of([number for number in numbers if number > 0])
    return "{" + ",".join(f"[{first},{last}]" for first, last in ranges) + "}"


def _quarantine_row(rejection: Rejection) -> tuple[Any, ...]:
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
