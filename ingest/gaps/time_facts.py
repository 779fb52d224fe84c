"""What the database knows of time: deployments, spans without readings, the life of gateways.

Every query of the readings is bounded in time or takes one row by the key.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg.rows import class_row, dict_row

from dust.clock import epoch_ms
from ingest.gaps.causes import Cause
from ingest.gaps.timelines import CauseSpan
from ingest.gaps.times import TimeHole
from ingest.gateway_events import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from psycopg import Connection

UNHEARD_S: Final = 600
"""A gateway that has not spoken for so long is not heard, whatever it said last."""
_INTERVALS: Final = 3
_TOLERANCE_S: Final = 120
_DEPLOYED: Final = """
WITH kept AS (
  SELECT greatest(%(start)s, max(dropped_to)) AS start FROM dropped_readings  -- by retention
)
SELECT s.sensor_id, s.code AS sensor, s.gateway, t.code AS station, s.sampling_interval_s,
  greatest(d.deployed_from, kept.start) AS start,
  least(coalesce(d.deployed_to, %(end)s), %(end)s) AS "end"
FROM deployments d JOIN sensors s USING (sensor_id) JOIN stations t USING (station_id)
CROSS JOIN kept
WHERE greatest(d.deployed_from, kept.start) < %(end)s
  AND (d.deployed_to IS NULL OR d.deployed_to > kept.start)
  AND (%(gateways)s::text[] IS NULL OR s.gateway = ANY(%(gateways)s))
  AND (%(sensors)s::text[] IS NULL OR s.code = ANY(%(sensors)s))
  AND (%(stations)s::text[] IS NULL OR t.code = ANY(%(stations)s))
ORDER BY s.gateway, s.code, d.deployed_from
"""
# One pass along the key of each sensor; rows at the two ends, and at a step that is too long.
_STEPS: Final = """
SELECT asked.place, found.*
FROM unnest(%(sensor_ids)s::integer[], %(starts)s::timestamptz[], %(ends)s::timestamptz[],
    %(longest)s::interval[]) WITH ORDINALITY
  AS asked (sensor_id, start, "end", longest, place)
CROSS JOIN LATERAL (
  SELECT phenomenon_time, seq, before, seq_before, is_last
  FROM (
    SELECT phenomenon_time, seq, lag(phenomenon_time) OVER along AS before,
      lag(seq) OVER along AS seq_before, lead(seq) OVER along IS NULL AS is_last
    FROM readings
    WHERE sensor_id = asked.sensor_id
      AND phenomenon_time >= asked.start AND phenomenon_time < asked."end"
      AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
    WINDOW along AS (ORDER BY phenomenon_time, seq)
  ) AS walked
  WHERE before IS NULL OR is_last OR phenomenon_time - before > asked.longest
) AS found
ORDER BY asked.place, found.phenomenon_time, found.seq
"""
_BESIDE: Final = """
SELECT asked.place, earlier.seq, later.seq
FROM unnest(%(places)s::integer[], %(sensor_ids)s::integer[], %(starts)s::timestamptz[],
  %(ends)s::timestamptz[]) AS asked (place, sensor_id, start, "end")
LEFT JOIN LATERAL (
  SELECT seq FROM readings WHERE sensor_id = asked.sensor_id AND phenomenon_time < asked.start
  ORDER BY phenomenon_time DESC LIMIT 1
) AS earlier ON true
LEFT JOIN LATERAL (
  SELECT seq FROM readings WHERE sensor_id = asked.sensor_id AND phenomenon_time >= asked."end"
  ORDER BY phenomenon_time LIMIT 1
) AS later ON true
"""
_EVENTS: Final = """
SELECT gateway, kind, subject, value, happened_at, gateway_event_id, changed_until, trouble
FROM gateway_events
WHERE gateway = ANY(%(gateways)s)
  AND coalesce(changed_until, happened_at) >= %(start)s
UNION ALL
SELECT * FROM (
  SELECT DISTINCT ON (gateway, kind, subject)
    gateway, kind, subject, value, happened_at, gateway_event_id, changed_until, trouble
  FROM gateway_events
  WHERE gateway = ANY(%(gateways)s) AND coalesce(changed_until, happened_at) < %(start)s
  ORDER BY gateway, kind, subject, happened_at DESC, gateway_event_id DESC
) AS before
"""
_LAST_WORDS: Final = """
SELECT gateway, state, received_at FROM gateway_status
WHERE %(gateways)s::text[] IS NULL OR gateway = ANY(%(gateways)s) ORDER BY gateway
"""
_REFUSED: Final = """
SELECT sensor, min(t_ms), max(t_ms) FROM quarantine
WHERE sensor = ANY(%(sensors)s) AND t_ms >= %(start_ms)s AND t_ms < %(end_ms)s
  AND replayed_at IS NULL
GROUP BY sensor, t_ms / 3600000
"""


class Deployed(NamedTuple):
    """A sensor at a station over the part of [start, end) that was asked for."""

    sensor_id: int
    sensor: str
    gateway: str
    station: str
    sampling_interval_s: float
    start: datetime
    end: datetime

    @property
    def longest_s(self) -> float:
        """A longer step between two readings is a hole."""
        return max(_INTERVALS * self.sampling_interval_s, _TOLERANCE_S) + self.sampling_interval_s


class Walk(NamedTuple):
    """The holes of one deployment, and the number of its first reading in the span."""

    deployed: Deployed
    holes: list[TimeHole]
    first_number: int | None


def deployed_sensors(connection: Connection, asked: dict[str, Any]) -> list[Deployed]:
    """The deployments in force in a span, of these gateways, sensors and stations."""
    with connection.cursor(row_factory=class_row(Deployed)) as cursor:
        return cursor.execute(_DEPLOYED, asked).fetchall()


def walks(
    connection: Connection, sensors: Sequence[Deployed], start: datetime, end: datetime
) -> list[Walk]:
    """The spans without readings of each deployment."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    parameters = {
        "sensor_ids": [each.sensor_id for each in sensors],
        "starts": [each.start for each in sensors],
        "ends": [each.end for each in sensors],
        "longest": [f"{each.longest_s} seconds" for each in sensors],
        "start": start,
        "end": end,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_STEPS, parameters):
            found[row["place"] - 1].append(row)
    walked = [_walk(each, found[place]) for place, each in enumerate(sensors)]
    return _with_neighbours(connection, walked)


def _walk(deployed: Deployed, rows: list[dict[str, Any]]) -> Walk:
    longest_ms = round(deployed.longest_s * 1000)
    start_ms, end_ms = epoch_ms(deployed.start), epoch_ms(deployed.end)
    if not rows:
        return Walk(deployed, _if_long([TimeHole(start_ms, end_ms)], longest_ms), None)
    first, last = rows[0], rows[-1]
    steps = [
        TimeHole(
            epoch_ms(row["before"]), epoch_ms(row["phenomenon_time"]), row["seq_before"], row["seq"]
        )
        for row in rows
        if row["before"] is not None
    ]
    at_start = TimeHole(start_ms, epoch_ms(first["phenomenon_time"]), None, first["seq"])
    at_end = TimeHole(epoch_ms(last["phenomenon_time"]), end_ms, last["seq"], None)
    return Walk(deployed, _if_long([at_start, *steps, at_end], longest_ms), first["seq"])


def _if_long(holes: list[TimeHole], longest_ms: int) -> list[TimeHole]:
    return [hole for hole in holes if hole.end_ms - hole.start_ms > longest_ms]


def _with_neighbours(connection: Connection, walked: list[Walk]) -> list[Walk]:
    """Tell holes at the ends of a span which numbers lie beyond it."""
    open_ = {
        place: walk
        for place, walk in enumerate(walked)
        if any(hole.before is None or hole.after is None for hole in walk.holes)
    }
    parameters = {
        "places": list(open_),
        "sensor_ids": [walk.deployed.sensor_id for walk in open_.values()],
        "starts": [walk.deployed.start for walk in open_.values()],
        "ends": [walk.deployed.end for walk in open_.values()],
    }
    rows = connection.execute(_BESIDE, parameters).fetchall() if open_ else []
    for place, earlier, later in rows:
        holes = open_[place].holes
        holes[0] = _beside(holes[0], before=earlier)
        holes[-1] = _beside(holes[-1], after=later)
    return walked


def _beside(hole: TimeHole, before: int | None = None, after: int | None = None) -> TimeHole:
    return hole._replace(
        before=before if hole.before is None else hole.before,
        after=after if hole.after is None else hole.after,
    )


def gateway_events(
    connection: Connection, gateways: list[str], start: datetime, now: datetime
) -> dict[str, list[Event]]:
    """The events of each gateway since `start`, and of each kind the last before it."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    asked = {"gateways": gateways, "start": start}
    known = set(EventKind)
    for gateway, kind, subject, value, at, number, until, trouble in connection.execute(
        _EVENTS, asked
    ):
        if kind in known:
            until_ms = epoch_ms(until) if until is not None else None
            event = Event(EventKind(kind), subject, value, epoch_ms(at), number, until_ms, trouble)
            found[gateway].append(event)
    for gateway, word in last_words(connection, gateways).items():
        if word.is_online and not word.is_heard(now):  # the broker is gone as well
            at_ms = epoch_ms(word.received_at)
            found[gateway].append(Event(EventKind.GATEWAY, "", "offline", at_ms, number=2**62))
    return found


class LastWord(NamedTuple):
    """What a gateway's newest status said, and when it came."""

    is_online: bool
    received_at: datetime

    def is_heard(self, now: datetime) -> bool:
        return self.is_online and (now - self.received_at).total_seconds() < UNHEARD_S


def last_words(connection: Connection, gateways: list[str] | None) -> dict[str, LastWord]:
    """Of each gateway that has ever spoken."""
    return {
        gateway: LastWord(state == "online", received_at)
        for gateway, state, received_at in connection.execute(_LAST_WORDS, {"gateways": gateways})
    }


def refused_spans(
    connection: Connection, sensors: Sequence[Deployed], start: datetime, end: datetime
) -> dict[str, list[CauseSpan]]:
    """Where readings of each sensor lie in quarantine: the spans that those stand for."""
    interval_ms = {each.sensor: round(each.longest_s * 1000) for each in sensors}
    asked = {
        "sensors": list(interval_ms),
        "start_ms": epoch_ms(start),
        "end_ms": epoch_ms(end),
    }
    found: defaultdict[str, list[CauseSpan]] = defaultdict(list)
    for sensor, first_ms, last_ms in connection.execute(_REFUSED, asked):
        around_ms = interval_ms[sensor]
        found[sensor].append(
            CauseSpan(first_ms - around_ms, last_ms + around_ms, Cause.QUARANTINED)
        )
    return found
