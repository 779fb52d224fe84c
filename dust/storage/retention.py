"""Raw readings that are old enough may go; their averages and the ledger stay, and are sealed.

A piece (a chunk, on plain PostgreSQL a week) goes only when every hour of it is settled: no mark
waits for it, and each hour with readings has its average. Pieces go in the order of time, so one
instant says what is gone. What an hour's flags hang on may lie as far away as the tests reach, so
hours that begin within twice that behind the last dropped reading are sealed as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from dust.claims import claims_table
from dust.quality_control import reach_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

_DAY: Final = timedelta(days=1)
_SEAL: Final = "SELECT max(sealed_before) FROM dropped_readings"
_SPANS: Final = """
SELECT dropped_from, dropped_to, n_readings, finished_at IS NOT NULL FROM dropped_readings
ORDER BY dropped_from, dropped_span_id
"""
_SETTINGS: Final = """
SELECT keep_readings::text, late_data_window::text, now() - keep_readings,
  keep_readings < late_data_window
FROM storage_settings
"""
_SENSORS: Final = "SELECT DISTINCT model, sampling_interval_s FROM sensors"
# What waits to be made again. Marks that were set aside count: nobody has looked at them yet.
_FIRST_MARK: Final = """
SELECT least(
  (SELECT min(hour_start) FROM dirty_hours),
  (SELECT min(hour_start) FROM dirty_station_hours),
  (SELECT min(hour_start) FROM dirty_neighbourhoods),
  (SELECT min(day_start) FROM dirty_months),
  (SELECT min(d.local_day::timestamp AT TIME ZONE s.time_zone)
   FROM dirty_days d JOIN stations s USING (station_id))
)
"""
_CHUNKS: Final = """
SELECT range_start, range_end FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = 'readings' AND range_end <= %s
ORDER BY range_start
"""
# By sensors one after the other: there is no index on the time alone, and no need of one.
_OLDEST: Final = """
WITH RECURSIVE known AS (
  (SELECT sensor_id, phenomenon_time FROM readings ORDER BY sensor_id, phenomenon_time LIMIT 1)
  UNION ALL
  SELECT n.* FROM known k CROSS JOIN LATERAL (
    SELECT sensor_id, phenomenon_time FROM readings
    WHERE sensor_id > k.sensor_id ORDER BY sensor_id, phenomenon_time LIMIT 1
  ) AS n
)
SELECT min(phenomenon_time) FROM known
"""
# Of a sensor that tells of a station in the whole hour, each reported pollutant that has a value.
_CONTENT: Final = """
WITH hours AS (
  SELECT sensor_id, date_trunc('hour', phenomenon_time) AS hour_start, count(*) AS n,
    array_remove(ARRAY[
      CASE WHEN count(pm1) > 0 THEN 'pm1' END, CASE WHEN count(pm25) > 0 THEN 'pm25' END,
      CASE WHEN count(pm10) > 0 THEN 'pm10' END, CASE WHEN count(tsp) > 0 THEN 'tsp' END
    ], NULL) AS pollutants
  FROM readings WHERE phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
  GROUP BY 1, 2
), without AS (
  SELECT s.code, h.hour_start
  FROM hours h
  JOIN deployments d ON d.sensor_id = h.sensor_id AND d.deployed_from <= h.hour_start
    AND (d.deployed_to IS NULL OR d.deployed_to >= h.hour_start + interval '1 hour')
  JOIN stations s USING (station_id)
  CROSS JOIN LATERAL unnest(h.pollutants) AS p (pollutant)
  WHERE p.pollutant = ANY(d.reports) AND NOT EXISTS (
    SELECT 1 FROM averages a WHERE a.station_id = d.station_id AND a.pollutant = p.pollutant
      AND a.period_kind = 'hour' AND a.period_start = h.hour_start
  )
  ORDER BY h.hour_start, s.code LIMIT 1
)
SELECT coalesce((SELECT sum(n) FROM hours), 0)::bigint,
  coalesce((SELECT sum(n) FROM hours h WHERE NOT EXISTS (
    SELECT 1 FROM deployments d WHERE d.sensor_id = h.sensor_id
      AND d.deployed_from < h.hour_start + interval '1 hour'
      AND (d.deployed_to IS NULL OR d.deployed_to > h.hour_start)
  )), 0)::bigint,
  (SELECT code FROM without), (SELECT hour_start FROM without)
"""


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """What an operator has set, as the database writes it; `keep` is None for ever.

    `cut` is the instant before which readings may go. `is_too_short`: late readings may come for
    what would be dropped.
    """

    keep: str | None
    late_data_window: str
    cut: datetime | None
    is_too_short: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A span [start, end) of readings that are dropped together.

    `n_unplaced` of them are of sensors that no station had: nothing was ever made of those.
    """

    start: datetime
    end: datetime
    n_readings: int
    n_unplaced: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Pieces to be dropped in the order of time, and what stopped the plan before `cut`."""

    cut: datetime
    margin: timedelta
    pieces: tuple[Piece, ...]
    held_back: str | None = None

    @property
    def n_readings(self) -> int:
        return sum(piece.n_readings for piece in self.pieces)

    @property
    def n_unplaced(self) -> int:
        return sum(piece.n_unplaced for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class DroppedSpan:
    """Readings that retention has dropped; `is_finished` is False of a drop that was cut off."""

    start: datetime
    end: datetime
    n_readings: int
    is_finished: bool


def sealed_before(connection: Connection) -> datetime | None:
    """Hours that begin before this keep their averages for good; None where nothing is dropped.

    A reading of such an hour must not be stored either: it would be counted into nothing.
    """
    (sealed,) = connection.execute(_SEAL).fetchone() or (None,)
    return sealed if isinstance(sealed, datetime) else None


def dropped_spans(connection: Connection) -> list[DroppedSpan]:
    """What retention has dropped, in the order of time: no gap, but a deliberate hole."""
    return [DroppedSpan(*row) for row in connection.execute(_SPANS)]


def read_retention(connection: Connection) -> RetentionSettings:
    """What is set now."""
    row = connection.execute(_SETTINGS).fetchone()
    assert row is not None  # noqa: S101  (the migration has put it there)
    keep, window, cut, is_too_short = row
    return RetentionSettings(keep, window, cut, bool(is_too_short))


def set_retention(connection: Connection, keep: str | None, late_data_window: str | None) -> None:
    """Keep readings so long from now on (None: for ever); the window stays as it is without one."""
    connection.execute(
        "UPDATE storage_settings SET keep_readings = %s::interval,"
        " late_data_window = coalesce(%s::interval, late_data_window)",
        (keep, late_data_window),
    )


def first_mark(connection: Connection) -> datetime | None:
    """The first hour that waits to be made again, set aside or not."""
    (mark,) = connection.execute(_FIRST_MARK).fetchone() or (None,)
    return mark if isinstance(mark, datetime) else None


def seal_margin(connection: Connection) -> timedelta:
    """How far behind the last dropped reading hours are sealed: twice the tests' reach, whole days.

    Judging an hour changes flags within one reach, and needs the readings within two.
    """
    models = claims_table().models
    reaches = [
        reach_ms(models[model], interval_s)
        for model, interval_s in connection.execute(_SENSORS)
        if model in models
    ]
    twice = timedelta(milliseconds=2 * max(reaches, default=0))
    return max(_DAY, _DAY * -(-twice // _DAY))


def plan_retention(
    connection: Connection,
    cut: datetime,
    *,
    is_hypertable: bool,
    step: Callable[[int, int], None] | None = None,
) -> Plan:
    """Which pieces before `cut` may go; each is read once, and `step` hears which of how many."""
    margin = seal_margin(connection)
    mark = first_mark(connection)
    pieces: list[Piece] = []
    begun = [span.end for span in dropped_spans(connection) if not span.is_finished]
    spans = [
        span
        for span in _spans(connection, cut, is_hypertable=is_hypertable)
        if all(span[0] >= end for end in begun)  # those are finished first, whatever is planned
    ]
    for start, end in spans:
        if step is not None:
            step(len(pieces), len(spans))
        if mark is not None and mark < end + margin:
            waits = f"the hour of {_utc(mark)} waits to be made again (dirty marks)"
            return Plan(cut, margin, tuple(pieces), waits)
        n_readings, n_unplaced, station, hour = _content(connection, start, end)
        if station is not None:
            lacks = f"{station} has readings but no average of the hour of {_utc(hour)}"
            return Plan(cut, margin, tuple(pieces), lacks)
        pieces.append(Piece(start, end, n_readings, n_unplaced))
    return Plan(cut, margin, tuple(pieces))


def _content(
    connection: Connection, start: datetime, end: datetime
) -> tuple[int, int, str | None, datetime]:
    """How many readings, how many unplaced, and the first station and hour without average."""
    row = connection.execute(_CONTENT, {"start": start, "end": end}).fetchone()
    assert row is not None  # noqa: S101  (it has no FROM)
    return row


def _spans(
    connection: Connection, cut: datetime, *, is_hypertable: bool
) -> list[tuple[datetime, datetime]]:
    if is_hypertable:
        return [(start, end) for start, end in connection.execute(_CHUNKS, (cut,))]
    (oldest,) = connection.execute(_OLDEST).fetchone() or (None,)
    return [] if oldest is None else weeks_between(oldest, cut)


def weeks_between(first: datetime, cut: datetime) -> list[tuple[datetime, datetime]]:
    """Weeks from the midnight (UTC) before `first`; the last is cut off at the one before `cut`."""
    start, end = (at.replace(hour=0, minute=0, second=0, microsecond=0) for at in (first, cut))
    found: list[tuple[datetime, datetime]] = []
    while start < end:
        found.append((start, min(start + 7 * _DAY, end)))
        start = found[-1][1]
    return found


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
