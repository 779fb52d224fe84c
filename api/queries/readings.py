"""Single readings of the sensors of one station, while they stood there, from a place on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from dust.periods import Period

if TYPE_CHECKING:
    from api.cursor import Cursor
    from api.queries.database import Database, Row

_DEPLOYMENTS: Final = """
SELECT d.sensor_id, s.code AS sensor, s.model, s.sampling_interval_s, d.deployed_from,
  d.deployed_to, d.reports
FROM deployments d JOIN sensors s USING (sensor_id)
WHERE d.station_id = %(station_id)s AND d.deployed_from < %(end)s
  AND (d.deployed_to IS NULL OR d.deployed_to > %(start)s)
ORDER BY s.code, d.deployed_from
"""
# Each deployment goes along the primary key by itself and takes no more than the whole answer
# holds. The bounds of the span are there beside those of the deployments, because only what the
# statement itself names keeps the planner from looking into every chunk.
_READINGS: Final = """
SELECT d.sensor, d.sampling_interval_s, r.*
FROM unnest(%(sensor_ids)s::integer[], %(sensors)s::text[], %(intervals_s)s::double precision[],
  %(starts)s::timestamptz[], %(ends)s::timestamptz[])
  AS d (sensor_id, sensor, sampling_interval_s, stood_from, stood_to)
CROSS JOIN LATERAL (
  SELECT sensor_id, phenomenon_time, seq, n, pm1, pm25, pm10, tsp, t_c, rh, p_hpa, wind_mps,
    wind_deg, qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests
  FROM readings
  WHERE readings.sensor_id = d.sensor_id
    AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
    AND phenomenon_time >= d.stood_from AND phenomenon_time < d.stood_to
"""


class Order(StrEnum):
    """Oldest or newest first; of one instant by sensor and number, the other way round likewise."""

    ASC = "asc"
    DESC = "desc"


_AFTER: Final = {
    Order.ASC: """
    AND (phenomenon_time, readings.sensor_id, seq) > (%(time)s, %(sensor_id)s, %(seq)s)
""",
    Order.DESC: """
    AND (phenomenon_time, readings.sensor_id, seq) < (%(time)s, %(sensor_id)s, %(seq)s)
""",
}
_SORTED: Final = {
    Order.ASC: """
  ORDER BY phenomenon_time, seq
  LIMIT %(limit)s
) AS r
ORDER BY r.phenomenon_time, r.sensor_id, r.seq
LIMIT %(limit)s
""",
    Order.DESC: """
  ORDER BY phenomenon_time DESC, seq DESC
  LIMIT %(limit)s
) AS r
ORDER BY r.phenomenon_time DESC, r.sensor_id DESC, r.seq DESC
LIMIT %(limit)s
""",
}
_MICROSECOND: Final = timedelta(microseconds=1)  # the database's own step of time


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which readings: those whose phenomenon time lies in `span`, in `order`, behind `after`."""

    span: Period
    order: Order
    limit: int
    after: Cursor | None = None

    def remaining_span(self) -> Period:
        """The part of the span that is not all told yet."""
        if self.after is None:
            return self.span
        time = self.after.phenomenon_time
        if self.order is Order.ASC:
            return Period(max(self.span.start, time), self.span.end)
        return Period(self.span.start, min(self.span.end, time + _MICROSECOND))


async def fetch_deployments(database: Database, station_id: int, span: Period) -> list[Row]:
    """The sensors that stood at a station in a span, each with since when and until when."""
    return await database.rows(
        _DEPLOYMENTS, {"station_id": station_id, "start": span.start, "end": span.end}
    )


async def fetch_readings(
    database: Database, deployments: list[Row], wanted: Wanted
) -> tuple[list[Row], bool]:
    """What the sensors said while they stood where `deployments` say, and whether more follows."""
    rows = await database.rows(
        _READINGS + (_AFTER[wanted.order] if wanted.after else "") + _SORTED[wanted.order],
        _parameters(deployments, wanted),
    )
    return rows[: wanted.limit], len(rows) > wanted.limit


def _parameters(deployments: list[Row], wanted: Wanted) -> dict[str, Any]:
    span = wanted.remaining_span()
    return {
        "sensor_ids": [row["sensor_id"] for row in deployments],
        "sensors": [row["sensor"] for row in deployments],
        "intervals_s": [row["sampling_interval_s"] for row in deployments],
        "starts": [row["deployed_from"] for row in deployments],
        "ends": [row["deployed_to"] or span.end for row in deployments],
        "start": span.start,
        "end": span.end,
        "limit": wanted.limit + 1,
        **_place(wanted.after),
    }


def _place(after: Cursor | None) -> dict[str, Any]:
    if after is None:
        return {}
    return {"time": after.phenomenon_time, "sensor_id": after.sensor_id, "seq": after.seq}
