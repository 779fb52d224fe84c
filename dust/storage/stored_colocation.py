"""A co-location from the database: a sensor's raw hours beside a reference station's hours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg.sql import SQL, Identifier

from dust.averaging import hourly_average
from dust.calibration.arrays import floats
from dust.calibration.colocation import CoLocation
from dust.claims import ClaimClass, claims_table
from dust.decimals import exact
from dust.errors import BadInput, DustError
from dust.periods import HOUR, Period, hour_of, local_day_of
from dust.quality import counts
from dust.standards import default_rule_set, rule_set
from dust.storage.stored_corrections import sensor_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from psycopg import Connection

    from dust.pollutants import Pollutant
    from dust.standards import RuleSet

_SLICE: Final = timedelta(days=1)
_READINGS: Final = """
SELECT r.phenomenon_time, r.{value}, r.{flag}, r.rh, r.t_c
FROM readings r JOIN sensors s USING (sensor_id)
WHERE s.code = %s AND r.phenomenon_time >= %s AND r.phenomenon_time < %s AND r.{value} IS NOT NULL
"""
_REACH: Final = """
SELECT min(r.phenomenon_time), max(r.phenomenon_time)
FROM readings r JOIN sensors s USING (sensor_id)
WHERE s.code = %s AND r.phenomenon_time >= %s AND r.phenomenon_time < %s
"""
_REFERENCE: Final = """
SELECT a.period_start, a.value
FROM averages a JOIN stations t USING (station_id)
WHERE t.code = %s AND a.pollutant = %s AND a.period_kind = 'hour' AND a.claim_class = %s
  AND a.value IS NOT NULL AND a.period_start >= %s AND a.period_end <= %s
"""
_PLACES: Final = """
SELECT t.code, t.latitude, t.longitude, b.latitude, b.longitude
FROM deployments d JOIN sensors s USING (sensor_id) JOIN stations t USING (station_id)
JOIN stations b ON b.code = %(reference)s
WHERE s.code = %(sensor)s AND d.deployed_from < %(end)s
  AND (d.deployed_to IS NULL OR d.deployed_to > %(start)s)
ORDER BY d.deployed_from
"""
_OWN_HOURS: Final = """
SELECT FROM deployments d JOIN sensors s USING (sensor_id) JOIN stations t USING (station_id)
WHERE s.code = %s AND t.code = %s AND %s = ANY(d.reports)
  AND tstzrange(d.deployed_from, d.deployed_to) && tstzrange(%s, %s)
LIMIT 1
"""
_EARTH_M: Final = 6_371_000
_BESIDE_M: Final = 50  # decided here: farther apart than a mast and its neighbour


class NoCoLocation(DustError):  # noqa: N818  (named by what is wrong)
    """There is no hour in which sensor and reference both have a valid mean."""


class Asked(NamedTuple):
    """Which sensor beside which station, when."""

    sensor: str
    reference: str
    pollutant: Pollutant
    span: Period
    zone: ZoneInfo


class Found(NamedTuple):
    """The paired hours and what must be said about them."""

    colocation: CoLocation
    model: str
    rules: RuleSet
    n_sensor_hours: int
    n_reference_hours: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Samples:
    """The readings of one hour."""

    counting: list[Decimal] = field(default_factory=list)
    n_measured: int = 0
    rh: list[float] = field(default_factory=list)
    t_c: list[float] = field(default_factory=list)


class _SensorHour(NamedTuple):
    mean: Decimal
    rh: float | None
    t_c: float | None


def read_colocation(
    connection: Connection, asked: Asked, on_slice: Callable[[int], None] = lambda _: None
) -> Found:
    """The hours in which both have a valid mean.

    Args:
        connection: to the database.
        asked: which sensor beside which station, when.
        on_slice: called after each part of the span was fetched, with the number of parts.

    Raises:
        BadInput: an unknown sensor, one that is a reference itself, or a span without a whole hour.
        NoCoLocation: no hour is paired; says how many hours each had.
    """
    model, rules = sensor_model(connection, asked.sensor), _rules(connection)
    _check_span(asked.span)
    _check_is_no_reference(connection, asked, model)
    sensor = _sensor_hours(connection, asked, rules, on_slice)
    reference = _reference_hours(connection, asked)
    starts = tuple(sorted(sensor.keys() & reference.keys()))
    if not starts:
        raise NoCoLocation(
            f"{asked.sensor} has {len(sensor)} valid hours of {asked.pollutant} and"
            f" {asked.reference} has {len(reference)} complete ones of class reference,"
            " but none in common"
        )
    paired = CoLocation(
        starts,
        tuple(local_day_of(start, asked.zone) for start in starts),
        floats(reference[start] for start in starts),
        floats(sensor[start].mean for start in starts),
        floats(sensor[start].rh for start in starts),
        floats(sensor[start].t_c for start in starts),
    )
    notes = tuple(_notes(connection, asked))
    return Found(paired, model, rules, len(sensor), len(reference), notes)


def _slices_of(span: Period | None) -> list[Period]:
    """The parts that the readings are fetched in, so that a year of seconds fits in memory."""
    if span is None:
        return []
    n = -(-(span.end - span.start) // _SLICE)
    cuts = [*(span.start + index * _SLICE for index in range(n)), span.end]
    return [Period(start, end) for start, end in pairwise(cuts)]


def whole_hours(start: datetime, end: datetime) -> Period:
    """The whole hours in [start, end)."""
    first = hour_of(start).start
    return Period(first if first == start else first + HOUR, hour_of(end).start)


def _check_span(span: Period) -> None:
    if span.end <= span.start:
        allowed = f"a whole hour or more after {span.start.isoformat()}"
        raise BadInput("to", span.end.isoformat(), allowed)


def _check_is_no_reference(connection: Connection, asked: Asked, model: str) -> None:
    """An instrument beside itself agrees perfectly; a reference is what others are held to."""
    if claims_table().model(model).claim_of(asked.pollutant) is ClaimClass.REFERENCE:
        allowed = f"a sensor whose {asked.pollutant} is not of class reference already"
        raise BadInput("sensor", f"{asked.sensor} of model {model}", allowed)
    keys = (asked.sensor, asked.reference, str(asked.pollutant))
    if (
        connection.execute(_OWN_HOURS, (*keys, asked.span.start, asked.span.end)).fetchone()
        is not None
    ):
        told = f"{asked.sensor}, which tells {asked.pollutant} of {asked.reference} in this span"
        allowed = f"a sensor that does not tell the hours of {asked.reference}"
        raise BadInput("sensor", told, allowed)


def _rules(connection: Connection) -> RuleSet:
    """The network's rule set, by which its averages are made."""
    row = connection.execute("SELECT rule_set FROM network").fetchone()
    return default_rule_set() if row is None or row[0] is None else rule_set(row[0])


def _sensor_hours(
    connection: Connection, asked: Asked, rules: RuleSet, on_slice: Callable[[int], None]
) -> dict[datetime, _SensorHour]:
    code = (asked.sensor,)
    row = connection.execute("SELECT sampling_interval_s FROM sensors WHERE code = %s", code)
    (interval_s,) = row.fetchone() or (0,)
    found: dict[datetime, _SensorHour] = {}
    parts = _slices_of(_reach(connection, asked))
    for part in parts:
        for start, samples in _samples(connection, asked, part).items():
            average = hourly_average(samples.counting, samples.n_measured, interval_s, rules)
            if average.value is not None:
                means = _mean(samples.rh), _mean(samples.t_c)
                found[start] = _SensorHour(average.value, *means)
        on_slice(len(parts))
    return found


def _reach(connection: Connection, asked: Asked) -> Period | None:
    """The part of the span in which the sensor has readings at all."""
    span = asked.span
    row = connection.execute(_REACH, (asked.sensor, span.start, span.end)).fetchone()
    if row is None or row[0] is None:
        return None
    return Period(hour_of(row[0]).start, hour_of(row[1]).end)


def _samples(connection: Connection, asked: Asked, part: Period) -> dict[datetime, _Samples]:
    names = {
        "value": Identifier(asked.pollutant.value),
        "flag": Identifier(f"qc_{asked.pollutant.value}"),
    }
    hours: defaultdict[datetime, _Samples] = defaultdict(_Samples)
    for time, value, flag, rh, t_c in connection.execute(
        SQL(_READINGS).format(**names), (asked.sensor, part.start, part.end)
    ):
        samples = hours[hour_of(time).start]
        samples.n_measured += 1
        if counts(flag):
            samples.counting.append(exact(value))
        samples.rh += [] if rh is None else [rh]
        samples.t_c += [] if t_c is None else [t_c]
    return hours


def _reference_hours(connection: Connection, asked: Asked) -> dict[datetime, Decimal]:
    parameters = (
        asked.reference,
        str(asked.pollutant),
        str(ClaimClass.REFERENCE),
        asked.span.start,
        asked.span.end,
    )
    return dict(connection.execute(_REFERENCE, parameters))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _notes(connection: Connection, asked: Asked) -> list[str]:
    """Places of the sensor in the span that are not beside the reference."""
    parameters = {
        "sensor": asked.sensor,
        "reference": asked.reference,
        "start": asked.span.start,
        "end": asked.span.end,
    }
    return [
        f"the network has {asked.sensor} at {code}, {distance:.0f} m from {asked.reference},"
        " in this span: was it beside the reference?"
        for code, *place in connection.execute(_PLACES, parameters)
        if (distance := _distance_m(*place)) > _BESIDE_M
    ]


def _distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Between two places on the sphere (haversine); degrees."""
    up, across = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    part = sin(up) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(across) ** 2
    return 2 * _EARTH_M * asin(sqrt(part))
