"""What was sent against what the database holds and what the API answers.

The expectation comes from `dust sim expect`, a second computation that shares no code with the
services; here it is only compared. A mean counts as equal within 0.001 µg/m³, the resolution to
which readings are kept.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from dust.clock import epoch_ms, instant
from dust.periods import HOUR
from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from psycopg import Connection

_TOLERANCE_UGM3: Final = 0.001
_READINGS: Final = """
SELECT s.code, (extract(epoch FROM r.phenomenon_time) * 1000)::bigint, r.n, r.pm1, r.pm25, r.pm10
FROM readings r JOIN sensors s USING (sensor_id)
"""
_POLLUTANTS: Final = ("pm1", "pm25", "pm10")

Key = tuple[Any, ...]
Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict; everything but the counts of equal things must be zero."""

    sent: int
    stored: int
    duplicates: int
    lost: int
    unexpected: int
    different: int
    hours: int
    hours_different: int
    days: int
    days_different: int
    exceedances: int
    exceedances_different: int
    quarantined: int

    @property
    def is_equal(self) -> bool:
        faults = (
            self.duplicates,
            self.lost,
            self.unexpected,
            self.different,
            self.hours_different,
            self.days_different,
            self.exceedances_different,
            self.quarantined,
        )
        return not any(faults) and self.sent == self.stored

    def report(self, seconds: float) -> dict[str, Any]:
        return asdict(self) | {"seconds": round(seconds, 1), "equal": self.is_equal}


def compare(expectation: Path, dsn: str, api: str) -> Comparison:
    """Hold the expectation against database and API."""
    expected = json.loads(expectation.read_text("utf-8"))
    readings = {(row[0], row[1]): tuple(row[2:]) for row in expected["readings"]}
    with connect(dsn) as connection:
        stored = Counter[Key]()
        values: dict[Key, Values] = {}
        for row in connection.execute(_READINGS):
            stored[row[0], row[1]] += 1
            values[row[0], row[1]] = tuple(row[2:])
        quarantined = _count(connection, "SELECT count(*) FROM quarantine")
    with httpx.Client(base_url=api, timeout=60) as client:
        hours, days = _answered_averages(client, expected)
        exceedances = {
            (e["station"], e["pollutant"], e["local_day"])
            for e in client.get("/api/v1/exceedances?limit=10000").json()["exceedances"]
        }
    wanted_hours = {(h[0], h[1], h[2]): (h[3], h[4]) for h in expected["hours"]}
    wanted_days = {(d[0], d[1], d[2]): (d[3], d[4]) for d in expected["days"] if d[4]}
    wanted_exceedances = {tuple(entry) for entry in expected["exceedances"]}
    return Comparison(
        sent=len(readings),
        stored=stored.total(),
        duplicates=stored.total() - len(stored),
        lost=len(readings.keys() - stored.keys()),
        unexpected=len(stored.keys() - readings.keys()),
        different=_count_different(readings, {k: v for k, v in values.items() if k in readings}),
        hours=len(wanted_hours),
        hours_different=_count_different(wanted_hours, hours),
        days=len(wanted_days),
        days_different=_count_different(wanted_days, {k: v for k, v in days.items() if v[1]}),
        exceedances=len(wanted_exceedances),
        exceedances_different=len(wanted_exceedances ^ exceedances),
        quarantined=quarantined,
    )


def count_readings(connection: Connection) -> int:
    return _count(connection, "SELECT count(*) FROM readings")


def count_open_ports(connection: Connection) -> int:
    """The sensors whose gateway has just said that their port is open."""
    return _count(
        connection,
        "SELECT count(*) FROM gateway_status, jsonb_each(status->'sensors') AS sensor"
        " WHERE state = 'online' AND received_at > now() - interval '8 seconds'"
        " AND sensor.value->>'state' <> 'port_lost'",
    )


def is_quiet(connection: Connection) -> bool:
    """Whether no hour waits to be averaged and no day to be judged."""
    waiting = _count(
        connection,
        "SELECT (SELECT count(*) FROM dirty_hours) + (SELECT count(*) FROM dirty_days d"
        " JOIN stations s USING (station_id)"
        " WHERE local_day < (now() AT TIME ZONE s.time_zone)::date"
        " OR judged_at IS NULL OR judged_at < marked_at)",
    )
    return waiting == 0


def _count(connection: Connection, sql: str) -> int:
    row = connection.execute(sql.encode()).fetchone()
    return int(row[0]) if row else 0


def _answered_averages(
    client: httpx.Client, expected: dict[str, Any]
) -> tuple[dict[Key, Values], dict[Key, Values]]:
    """Every hour and day that the API serves, by the keys of the expectation."""
    hours: dict[Key, Values] = {}
    days: dict[Key, Values] = {}
    stations = {hour[0] for hour in expected["hours"]}
    span = _span([hour[2] for hour in expected["hours"]] or [0])
    for station in sorted(stations):
        for pollutant in _POLLUTANTS:
            path = f"/api/v1/stations/{station}"
            answer = client.get(f"{path}/hours?pollutant={pollutant}&{span}").raise_for_status()
            for hour in answer.json()["hours"]:
                start_ms = _epoch_ms(hour["period_start"])
                hours[station, pollutant, start_ms] = (hour["value"], hour["n_valid"])
            answer = client.get(
                f"{path}/days?pollutant={pollutant}&start={_first_day(expected)}"
            ).raise_for_status()
            for day in answer.json()["days"]:
                days[station, pollutant, day["local_day"]] = (day["value"], day["n_valid"])
    return hours, days


def _first_day(expected: dict[str, Any]) -> str:
    return min((day[2] for day in expected["days"]), default="2020-01-01")


def _span(starts_ms: list[int]) -> str:
    start, end = instant(min(starts_ms)), instant(max(starts_ms)) + HOUR
    return f"start={start:%Y-%m-%dT%H:%M:%S}Z&end={end:%Y-%m-%dT%H:%M:%S}Z"


def _epoch_ms(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text))


def _count_different(wanted: Mapping[Key, Values], found: Mapping[Key, Values]) -> int:
    missing = len(wanted.keys() ^ found.keys())
    return missing + sum(not _same(wanted[key], found[key]) for key in wanted.keys() & found.keys())


def _same(first: Values, second: Values) -> bool:
    return all(
        (a is None and b is None)
        or (a is not None and b is not None and abs(a - b) <= _TOLERANCE_UGM3)
        for a, b in zip(first, second, strict=True)
    )
