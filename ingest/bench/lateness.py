"""Late readings: written by the real writer, made into averages and ledger by the real worker."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.claims import claims_table
from dust.clock import epoch_ms
from dust.storage.connection import connect
from dust.wire import WireReading
from ingest.bench.figures import Late
from ingest.bench.history import END
from ingest.ledger import judge_dirty_days
from ingest.reading_rows import rows_of
from ingest.recompute import recompute_once
from ingest.registry import RegisteredSensor
from ingest.writer import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from ingest.reading_columns import Reading
    from ingest.reading_rows import ReadingRows

WINDOW: Final = "window"
WHOLE: Final = "whole"
_FIRST_SEQ: Final = 1_000_000_000
_NO_QUIET_YET_S: Final = 3600.0
_PLAIN: Final = """
SELECT count(m) FROM (
  SELECT avg(r.pm25) AS m
  FROM unnest(%(sensors)s::integer[], %(hours)s::timestamptz[]) AS h (sensor_id, hour_start)
  JOIN readings r ON r.sensor_id = h.sensor_id AND r.phenomenon_time >= h.hour_start
    AND r.phenomenon_time < h.hour_start + interval '1 hour'
    AND r.phenomenon_time >= %(from)s AND r.phenomenon_time < %(to)s
  GROUP BY h.sensor_id, h.hour_start
) AS hours
"""


class Spread(NamedTuple):
    """Where in history the late readings lie."""

    name: str
    start: datetime
    end: datetime


class _Round(NamedTuple):
    insert_s: float
    recompute_s: float
    plain_s: float
    hours: int
    days: int


def spreads(start: datetime, window: timedelta) -> list[Spread]:
    """A span of the same length for every size, in its middle; and the whole history."""
    middle = start + (END - start) / 2
    first = max(start, middle - window / 2).replace(minute=0, second=0, microsecond=0)
    return [Spread(WINDOW, first, first + window), Spread(WHOLE, start, END)]


def measure(
    dsn: str, rows: int, late: int, spread: Spread, rounds: int, say: Callable[[], None]
) -> Late:
    """The medians of some rounds, each with other readings; one more before them to warm up."""
    with connect(dsn) as connection:
        sensors = [key for (key,) in connection.execute("SELECT sensor_id FROM sensors")]
        found = []
        for index in range(rounds + 1):
            dice = random.Random(f"{spread.name} {rows} {index}")  # noqa: S311  (not a secret)
            found.append(_round(connection, _late_rows(dice, sensors, late, spread, index)))
            say()
    counted = found[1:]
    return Late(
        rows,
        spread.name,
        (spread.end - spread.start) / timedelta(days=1),
        late,
        round(median(each.hours for each in counted)),
        round(median(each.days for each in counted)),
        median(each.insert_s for each in counted),
        median(each.recompute_s for each in counted),
        median(each.plain_s for each in counted),
    )


def _late_rows(
    dice: random.Random, sensors: list[int], late: int, spread: Spread, index: int
) -> ReadingRows:
    """Readings at half minutes, where the history has none."""
    minutes = int((spread.end - spread.start) / timedelta(minutes=1))
    start_ms = epoch_ms(spread.start) + 30_000
    model = claims_table().model("pms5003")
    known = {str(key): RegisteredSensor(key, model) for key in sensors}
    readings: list[Reading] = [
        WireReading(
            seq=_FIRST_SEQ + index * late + number,
            t=start_ms + dice.randrange(minutes) * 60_000,
            sensor=str(dice.choice(sensors)),
            n=58,
            pm1=12.0,
            pm25=round(20 + 30 * dice.random(), 3),
            pm10=80.0,
            rh=65.0,
        )
        for number in range(late)
    ]
    return rows_of(readings, known, epoch_ms(END))


def _round(connection: Connection, rows: ReadingRows) -> _Round:
    plain_s = _plain_s(connection, rows)
    started = time.perf_counter()
    write(connection, rows, [], [])
    written = time.perf_counter()
    (hours,) = connection.execute(
        "SELECT count(DISTINCT (sensor_id, hour_start)) FROM dirty_hours"
    ).fetchone() or (0,)
    before = time.perf_counter()
    while recompute_once(connection, _NO_QUIET_YET_S, datetime.now(UTC)):
        pass
    days = 0
    while judged := judge_dirty_days(connection, 0, datetime.now(UTC)).n_days:
        days += judged
    return _Round(written - started, time.perf_counter() - before, plain_s, int(hours), days)


def _plain_s(connection: Connection, rows: ReadingRows) -> float:
    """One statement that only reads the same hours."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    places = zip(rows.sensor_ids.tolist(), rows.columns.times_ms.tolist(), strict=True)
    hours = {(key, epoch + timedelta(hours=at // 3_600_000)) for key, at in places}
    sensors, starts = zip(*sorted(hours), strict=True)
    parameters = {
        "sensors": list(sensors),
        "hours": list(starts),
        "from": min(starts),
        "to": max(starts) + timedelta(hours=1),
    }
    started = time.perf_counter()
    connection.execute(_PLAIN, parameters).fetchone()
    return time.perf_counter() - started
