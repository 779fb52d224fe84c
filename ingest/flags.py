"""The flags of stored readings, made again where the series around them has changed.

A test that looks along the series (a stuck value, a spike) may change its mind about a reading when
another arrives within its reach, so all readings within reach of a dirty hour are judged again. The
outcome depends on what is stored, never on the order in which it came.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dust.claims import claims_table
from dust.periods import HOUR, Period, hour_of
from dust.pollutants import Pollutant
from dust.quality import QC_VERSION
from dust.quality_control import near_reach_ms, reach_ms
from ingest.joined_series import instant_of, judge
from ingest.reading_windows import READINGS_AT_ONCE, Window, load_windows, newest_only

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from psycopg import Connection

    from dust.claims import SensorModel
    from ingest.joined_series import Judged

_SENSORS: Final = """
SELECT sensor_id, model, sampling_interval_s FROM sensors
WHERE sensor_id = ANY(%s::integer[]) ORDER BY sensor_id
"""
_UPDATE: Final = """
UPDATE readings r SET qc_pm1 = f.qc_pm1, qc_pm25 = f.qc_pm25, qc_pm10 = f.qc_pm10,
  qc_tsp = f.qc_tsp, qc_tests = f.qc_tests, qc_version = %(version)s
FROM unnest(%(sensors)s::integer[], %(times)s::bigint[], %(seqs)s::bigint[],
    %(pm1)s::smallint[], %(pm25)s::smallint[], %(pm10)s::smallint[], %(tsp)s::smallint[],
    %(tests)s::integer[])
  AS f (sensor_id, time_us, seq, qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests)
WHERE r.sensor_id = f.sensor_id AND r.seq = f.seq
  AND r.phenomenon_time = timestamptz 'epoch' + f.time_us * interval '1 microsecond'
  AND r.phenomenon_time >= %(from)s AND r.phenomenon_time <= %(to)s
"""
_LOCK_LATEST: Final = """
SELECT phenomenon_time FROM latest_readings
WHERE sensor_id = ANY(%s::integer[]) ORDER BY sensor_id FOR UPDATE
"""
# What a reading of a part of the quantities does not tell was told by the one before it.
_LATEST: Final = """
UPDATE latest_readings l SET
  qc_pm1 = CASE WHEN r.pm1 IS NULL THEN l.qc_pm1 ELSE r.qc_pm1 END,
  qc_pm25 = CASE WHEN r.pm25 IS NULL THEN l.qc_pm25 ELSE r.qc_pm25 END,
  qc_pm10 = CASE WHEN r.pm10 IS NULL THEN l.qc_pm10 ELSE r.qc_pm10 END,
  qc_tsp = CASE WHEN r.tsp IS NULL THEN l.qc_tsp ELSE r.qc_tsp END
FROM unnest(%(sensors)s::integer[]) AS s (sensor_id)
CROSS JOIN LATERAL (
  SELECT r.* FROM latest_readings n JOIN readings r USING (sensor_id, phenomenon_time, seq)
  WHERE n.sensor_id = s.sensor_id
    AND r.phenomenon_time >= %(from)s AND r.phenomenon_time <= %(to)s
) AS r
WHERE l.sensor_id = s.sensor_id AND l.phenomenon_time = r.phenomenon_time AND l.seq = r.seq
  AND (l.qc_pm1, l.qc_pm25, l.qc_pm10, l.qc_tsp) <> (r.qc_pm1, r.qc_pm25, r.qc_pm10, r.qc_tsp)
"""
_CASES_AT_ONCE: Final = 25
"""More at once would be little faster and hold more memory."""
_TOGETHER_US: Final = 7 * 86_400 * 1_000_000


class SensorHour(NamedTuple):
    """An hour of a sensor's readings."""

    sensor_id: int
    hour_start: datetime


class _Sensor(NamedTuple):
    sensor_id: int
    model_id: str
    model: SensorModel
    sampling_interval_s: float

    @property
    def reach(self) -> timedelta:
        return timedelta(milliseconds=reach_ms(self.model, self.sampling_interval_s))

    @property
    def near_reach(self) -> timedelta:
        return timedelta(milliseconds=near_reach_ms(self.model, self.sampling_interval_s))

    @property
    def channels(self) -> tuple[str | None, str | None]:
        named = self.model.qc.channels
        return (named[0], named[1]) if named else (None, None)


class _Case(NamedTuple):
    """Readings of a sensor that may get other flags."""

    sensor: _Sensor
    reach: timedelta
    judged: Period

    @property
    def expected(self) -> float:
        """How many readings its window may hold."""
        span = self.judged.end - self.judged.start + 2 * self.reach
        return span.total_seconds() / self.sensor.sampling_interval_s

    @property
    def window(self) -> Window:
        """What must be known to judge them."""
        start, end = self.judged.start - self.reach, self.judged.end + self.reach
        return Window(self.sensor.sensor_id, start, end, self.sensor.channels)


def remake_flags(connection: Connection, hours: Iterable[SensorHour]) -> set[SensorHour]:
    """Judge again what these hours can have changed; returns the hours in which a flag changed."""
    by_sensor: defaultdict[int, set[datetime]] = defaultdict(set)
    for hour in hours:
        by_sensor[hour.sensor_id].add(hour.hour_start)
    alike: defaultdict[tuple[str, float], list[_Sensor]] = defaultdict(list)
    for sensor in _sensors(connection, by_sensor):
        alike[sensor.model_id, sensor.sampling_interval_s].append(sensor)
    changed: set[SensorHour] = set()
    for sensors in alike.values():
        changed |= _remake(connection, sensors, by_sensor)
    return changed


def _remake(
    connection: Connection, sensors: Sequence[_Sensor], hours: Mapping[int, set[datetime]]
) -> set[SensorHour]:
    """Of sensors of one model and interval: near first, and far where a test must look farther."""
    near = sensors[0].near_reach
    cases = [
        _Case(sensor, near, judged)
        for sensor in sensors
        for judged in _spans(sorted(hours[sensor.sensor_id]), near)
    ]
    cases.sort(key=lambda case: case.judged)  # what lies close in time is fetched together
    changed: set[SensorHour] = set()
    for some in _in_turn(cases):
        changed |= _remake_cases(connection, some)
    return changed


def _in_turn(cases: Sequence[_Case]) -> Iterator[Sequence[_Case]]:
    """As many cases at a time as memory should hold."""
    largest = max((case.expected for case in cases), default=1)
    at_once = max(1, min(_CASES_AT_ONCE, int(READINGS_AT_ONCE / largest)))
    for first in range(0, len(cases), at_once):
        yield cases[first : first + at_once]


def _remake_cases(connection: Connection, cases: Sequence[_Case]) -> set[SensorHour]:
    near, far = cases[0].reach, cases[0].sensor.reach
    found = _judge(connection, cases)
    is_far = (found.longest_look_ms >= near / timedelta(milliseconds=1)) & (far > near)
    changed = _write(connection, cases, found, ~is_far[found.window])
    wider = [
        _Case(case.sensor, far, _widened(case.judged, far - near))
        for case, must in zip(cases, is_far, strict=True)
        if must
    ]
    for some in _in_turn(wider):
        found = _judge(connection, some)
        changed |= _write(connection, some, found, np.ones(len(found.window), np.bool_))
    return changed


def _judge(connection: Connection, cases: Sequence[_Case]) -> Judged:
    """What an archive has taken back keeps its flags and steers no other's."""
    sensor = cases[0].sensor
    tables = load_windows(connection, [case.window for case in cases])
    return judge(
        [newest_only(table) for table in tables] if sensor.model.revises else tables,
        [case.judged for case in cases],
        sensor.model,
        sensor.sampling_interval_s,
    )


def _write(
    connection: Connection, cases: Sequence[_Case], found: Judged, these: NDArray[np.bool]
) -> set[SensorHour]:
    sensors = np.array([case.sensor.sensor_id for case in cases])[found.window]
    weeks = found.rows["time_us"] // _TOGETHER_US
    for week in np.unique(weeks[these]):
        _store(connection, sensors, found, np.flatnonzero(these & (weeks == week)))
    return {
        SensorHour(int(sensor_id), hour_of(instant_of(int(time_us))).start)
        for sensor_id, time_us in zip(sensors[these], found.rows["time_us"][these], strict=True)
    }


def _widened(span: Period, by: timedelta) -> Period:
    return Period(span.start - by, span.end + by)


def _store(
    connection: Connection, sensors: NDArray[Any], found: Judged, which: NDArray[np.int64]
) -> None:
    """Readings that lie close in time together, so that chunks without any are left out."""
    times = found.rows["time_us"][which]
    parameters = {
        "sensors": sensors[which].tolist(),
        "times": times.tolist(),
        "seqs": found.rows["seq"][which].tolist(),
        "tests": found.tests[which].tolist(),
        "version": QC_VERSION,
        "from": instant_of(int(times.min())),
        "to": instant_of(int(times.max())),
    } | {str(pollutant): found.flags[pollutant][which].tolist() for pollutant in Pollutant}
    connection.execute(_UPDATE, parameters)


def tell_latest(connection: Connection, hours: Iterable[SensorHour]) -> None:
    """Give the newest readings of these hours' sensors the flags that they have now.

    To be called last in a transaction: a writer that brings a newer reading would wait for it.
    """
    sensors = sorted({hour.sensor_id for hour in hours})
    if sensors:
        # In the writer's order, against deadlock.
        times = [newest for (newest,) in connection.execute(_LOCK_LATEST, (sensors,))]
        if times:
            bounds = {"from": min(times), "to": max(times)}
            connection.execute(_LATEST, {"sensors": sensors} | bounds)


def _sensors(connection: Connection, sensor_ids: Iterable[int]) -> list[_Sensor]:
    models = claims_table().models
    return [
        _Sensor(sensor_id, model, models[model], interval_s)
        for sensor_id, model, interval_s in connection.execute(_SENSORS, (list(sensor_ids),))
        if model in models
    ]


def _spans(starts: Sequence[datetime], reach: timedelta) -> list[Period]:
    """What hours (ascending) may have changed on either side, spans that touch made one."""
    spans: list[Period] = []
    for start in starts:
        begin, end = start - reach, start + HOUR + reach
        if spans and begin <= spans[-1].end:
            spans[-1] = Period(spans[-1].start, end)
        else:
            spans.append(Period(begin, end))
    return spans
