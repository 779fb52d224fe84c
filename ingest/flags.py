"""The flags of stored readings, made again where the series around them has changed.

A test that looks along the series (a stuck value, a spike) may change its mind about a reading when
another arrives within its reach, so all readings within reach of a dirty hour are judged again. The
outcome depends on what is stored, never on the order in which it came.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dust.claims import claims_table
from dust.periods import HOUR, Period, hour_of
from dust.pollutants import Pollutant
from dust.quality import QC_VERSION, QcTest
from dust.quality_control import SensorSeries, check_series, reach_ms
from ingest.reading_windows import Window, load_windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from psycopg import Connection

    from dust.claims import SensorModel

_SENSORS: Final = """
SELECT sensor_id, model, sampling_interval_s FROM sensors
WHERE sensor_id = ANY(%s::integer[]) ORDER BY sensor_id
"""
_FLAGS: Final = tuple(f"qc_{pollutant}" for pollutant in Pollutant)
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
_LATEST: Final = """
UPDATE latest_readings l SET qc_pm1 = r.qc_pm1, qc_pm25 = r.qc_pm25, qc_pm10 = r.qc_pm10,
  qc_tsp = r.qc_tsp
FROM unnest(%s::integer[]) AS s (sensor_id)
CROSS JOIN LATERAL (
  SELECT r.* FROM latest_readings n JOIN readings r USING (sensor_id, phenomenon_time, seq)
  WHERE n.sensor_id = s.sensor_id
) AS r
WHERE l.sensor_id = s.sensor_id AND l.phenomenon_time = r.phenomenon_time AND l.seq = r.seq
  AND (l.qc_pm1, l.qc_pm25, l.qc_pm10, l.qc_tsp) <> (r.qc_pm1, r.qc_pm25, r.qc_pm10, r.qc_tsp)
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SensorHour(NamedTuple):
    """An hour of a sensor's readings."""

    sensor_id: int
    hour_start: datetime


class _Sensor(NamedTuple):
    sensor_id: int
    model: SensorModel
    sampling_interval_s: float

    @property
    def reach(self) -> timedelta:
        return timedelta(milliseconds=reach_ms(self.model, self.sampling_interval_s))

    @property
    def channels(self) -> tuple[str | None, str | None]:
        named = self.model.qc.channels
        return (named[0], named[1]) if named else (None, None)


class _Case(NamedTuple):
    """Readings of a sensor that may get other flags."""

    sensor: _Sensor
    judged: Period

    @property
    def window(self) -> Window:
        """What must be known to judge them."""
        reach = self.sensor.reach
        start, end = self.judged.start - reach, self.judged.end + reach
        return Window(self.sensor.sensor_id, start, end, self.sensor.channels)


def remake_flags(connection: Connection, hours: Iterable[SensorHour]) -> set[SensorHour]:
    """Judge again what these hours can have changed; returns the hours in which a flag changed."""
    cases = _cases(connection, hours)
    tables = load_windows(connection, [case.window for case in cases])
    changed: set[SensorHour] = set()
    for case, table in zip(cases, tables, strict=True):
        changed |= _judge(connection, case, table)
    return changed


def tell_latest(connection: Connection, hours: Iterable[SensorHour]) -> None:
    """Give the newest readings of these hours' sensors the flags that they have now.

    To be called last in a transaction: a writer that brings a newer reading would wait for it.
    """
    sensors = sorted({hour.sensor_id for hour in hours})
    if sensors:
        connection.execute(_LATEST, (sensors,))


def _cases(connection: Connection, hours: Iterable[SensorHour]) -> list[_Case]:
    by_sensor: defaultdict[int, list[datetime]] = defaultdict(list)
    for hour in sorted(set(hours)):
        by_sensor[hour.sensor_id].append(hour.hour_start)
    models = claims_table().models
    sensors = [
        _Sensor(sensor_id, models[model], interval_s)
        for sensor_id, model, interval_s in connection.execute(_SENSORS, (list(by_sensor),))
        if model in models
    ]
    return [
        _Case(sensor, judged)
        for sensor in sensors
        for judged in _spans(by_sensor[sensor.sensor_id], sensor.reach)
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


def _judge(connection: Connection, case: _Case, rows: NDArray[Any]) -> set[SensorHour]:
    series = SensorSeries(
        rows["time_us"] // 1000,
        {pollutant: rows[pollutant].astype(np.float64) for pollutant in Pollutant},
        rows["rh"].astype(np.float64),
        (rows["channel_a"], rows["channel_b"]) if case.sensor.model.qc.channels else None,
        (rows["tests"] & QcTest.CLOCK_AHEAD) != 0,
    )
    outcome = check_series(series, case.sensor.model, case.sensor.sampling_interval_s)
    differs = (outcome.tests != rows["tests"]) | (rows["version"] != QC_VERSION)
    for pollutant, name in zip(Pollutant, _FLAGS, strict=True):
        differs |= outcome.flags[pollutant] != rows[name]
    first, last = (_microseconds(edge) for edge in (case.judged.start, case.judged.end))
    differs &= (rows["time_us"] >= first) & (rows["time_us"] < last)
    which = np.flatnonzero(differs)
    if not len(which):
        return set()
    times = rows["time_us"][which].tolist()
    sensor_id = case.sensor.sensor_id
    parameters = {
        "sensors": [sensor_id] * len(which),
        "times": times,
        "seqs": rows["seq"][which].tolist(),
        "tests": outcome.tests[which].tolist(),
        "version": QC_VERSION,
        "from": _instant(times[0]),
        "to": _instant(times[-1]),
    } | {str(pollutant): outcome.flags[pollutant][which].tolist() for pollutant in Pollutant}
    connection.execute(_UPDATE, parameters)
    return {SensorHour(sensor_id, hour_of(_instant(time_us)).start) for time_us in times}


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _instant(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)
