"""The exceedance ledger in the database: a day is judged, and only what changed is recorded.

Nothing is updated in place. Today is judged at once, so that an operator hears of a certain
exceedance; a past day is judged when it has been quiet for a while, so that late data make one
restatement and not a storm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg.rows import dict_row

from dust.claims import ClaimClass
from dust.exceedance import Finding, find_exceedance
from dust.pollutants import Pollutant
from dust.standards import LimitPeriod, limit_in_force

if TYPE_CHECKING:
    from datetime import date, datetime

    from psycopg import Connection

    from dust.standards import LimitValue

_CLAIM: Final = """
SELECT d.station_id, d.local_day, d.local_day < today.local_day AS is_over
FROM dirty_days d
JOIN stations s USING (station_id)
CROSS JOIN LATERAL (SELECT (%(now)s AT TIME ZONE s.time_zone)::date AS local_day) AS today
WHERE (d.local_day < today.local_day AND d.marked_at <= now() - make_interval(secs => %(settle_s)s))
   OR (d.local_day >= today.local_day AND (d.judged_at IS NULL OR d.judged_at < d.marked_at))
ORDER BY d.local_day, d.station_id
LIMIT 200
FOR UPDATE OF d SKIP LOCKED
"""
_DAYS: Final = """
SELECT a.pollutant, a.period_start, a.period_end, a.value, a.n_valid, a.n_possible,
  a.time_coverage, a.data_capture, a.data_coverage, a.claim_class, a.rule_set,
  ARRAY(
    SELECT h.value FROM averages h
    WHERE h.station_id = a.station_id AND h.pollutant = a.pollutant AND h.period_kind = 'hour'
      AND h.period_start >= a.period_start AND h.period_start < a.period_end
      AND h.period_end <= %(now)s AND h.value IS NOT NULL
  ) AS valid_hours
FROM averages a JOIN stations s USING (station_id)
WHERE a.station_id = %(station_id)s AND a.period_kind = 'day'
  AND (a.period_start AT TIME ZONE s.time_zone)::date = %(local_day)s
"""
_CURRENT: Final = """
SELECT revision, kind, status, value_raw, value_rounded, is_complete, n_valid, level_ugm3,
  recorded_at < period_end AS while_open
FROM exceedances
WHERE station_id = %(station_id)s AND pollutant = %(pollutant)s AND limit_id = %(limit_id)s
  AND local_day = %(local_day)s
ORDER BY revision DESC LIMIT 1
"""
_APPEND: Final = """
INSERT INTO exceedances (
  station_id, pollutant, limit_id, local_day, period_start, period_end, revision, kind, status,
  value_raw, value_rounded, level_ugm3, is_complete, n_valid, n_possible, time_coverage,
  data_capture, data_coverage, claim_class, rule_set, reason
) VALUES (
  %(station_id)s, %(pollutant)s, %(limit_id)s, %(local_day)s, %(period_start)s, %(period_end)s,
  %(revision)s, %(kind)s, %(status)s, %(value_raw)s, %(value_rounded)s, %(level_ugm3)s,
  %(is_complete)s, %(n_valid)s, %(n_possible)s, %(time_coverage)s, %(data_capture)s,
  %(data_coverage)s, %(claim_class)s, %(rule_set)s, %(reason)s
)
"""


class _Claimed(NamedTuple):
    station_id: int
    local_day: date
    is_over: bool


def judge_dirty_days(connection: Connection, settle_s: float, now: datetime) -> set[int]:
    """Judge the station days that are due, in one transaction; returns the stations touched.

    The hour that is still running never counts: 45 of its 60 readings make it valid, and the rest
    may yet lower it.
    """
    with connection.transaction():
        due = connection.execute(_CLAIM, {"settle_s": settle_s, "now": now})
        claimed = [_Claimed(*row) for row in due]
        touched = {day.station_id for day in claimed if _judge(connection, day, now)}
        for day in claimed:
            _settle(connection, day)
    return touched


def _settle(connection: Connection, day: _Claimed) -> None:
    """A past day is done; today stays marked, so that it is judged once more when it is over."""
    statement = (
        "DELETE FROM dirty_days WHERE station_id = %s AND local_day = %s"
        if day.is_over
        else "UPDATE dirty_days SET judged_at = now() WHERE station_id = %s AND local_day = %s"
    )
    connection.execute(statement, (day.station_id, day.local_day))


def _judge(connection: Connection, day: _Claimed, now: datetime) -> bool:
    cursor = connection.cursor(row_factory=dict_row)
    averages = cursor.execute(
        _DAYS, {"station_id": day.station_id, "local_day": day.local_day, "now": now}
    ).fetchall()
    changed = [_judge_pollutant(connection, day, average) for average in averages]
    return True in changed


def _judge_pollutant(connection: Connection, day: _Claimed, average: dict[str, Any]) -> bool:
    limit = limit_in_force(Pollutant(average["pollutant"]), LimitPeriod.DAY, day.local_day)
    if limit is None:
        return False
    finding = find_exceedance(
        average["valid_hours"],
        limit,
        ClaimClass(average["claim_class"]),
        complete_mean=average["value"] if day.is_over else None,
        is_over=day.is_over,
    )
    current = _current(connection, day, limit)
    entry = _next_entry(finding, current, average, is_over=day.is_over)
    if entry is None:
        return False
    identity = {"station_id": day.station_id, "local_day": day.local_day, "limit_id": limit.id}
    connection.execute(_APPEND, average | entry | identity)
    return True


def _current(connection: Connection, day: _Claimed, limit: LimitValue) -> dict[str, Any] | None:
    return (
        connection.cursor(row_factory=dict_row)
        .execute(
            _CURRENT,
            {
                "station_id": day.station_id,
                "pollutant": str(limit.pollutant),
                "limit_id": limit.id,
                "local_day": day.local_day,
            },
        )
        .fetchone()
    )


def _next_entry(
    finding: Finding | None,
    current: dict[str, Any] | None,
    average: dict[str, Any],
    *,
    is_over: bool,
) -> dict[str, Any] | None:
    """The revision that must follow `current`, or None where the ledger already says so."""
    stands = current is not None and current["status"] != "withdrawn"
    if finding is None:
        return _withdrawal(current) if stands and current is not None else None
    if stands and current is not None:
        if not is_over or _says_the_same(current, finding, average["n_valid"]):
            return None
        first = current["status"] == "provisional" and current["while_open"]
        status, reason = ("provisional", "day_over") if first else ("restated", "late_data")
    else:
        status = "restated" if current else "provisional"
        reason = "late_data" if current else "found"
    return _entry(finding, status, reason, (current["revision"] if current else 0) + 1)


def _says_the_same(current: dict[str, Any], finding: Finding, n_valid: int) -> bool:
    return bool(
        current["kind"] == str(finding.judgement)
        and current["value_raw"] == finding.value_raw
        and current["level_ugm3"] == finding.level_ugm3
        and current["is_complete"] == finding.is_complete
        and current["n_valid"] == n_valid
    )


def _entry(finding: Finding, status: str, reason: str, revision: int) -> dict[str, Any]:
    return {
        "revision": revision,
        "kind": str(finding.judgement),
        "status": status,
        "value_raw": finding.value_raw,
        "value_rounded": finding.value_rounded,
        "level_ugm3": finding.level_ugm3,
        "is_complete": finding.is_complete,
        "reason": reason,
    }


def _withdrawal(current: dict[str, Any]) -> dict[str, Any]:
    """What is withdrawn is the figure that stood; its coverage shows what the day holds now."""
    return {
        "revision": current["revision"] + 1,
        "kind": current["kind"],
        "status": "withdrawn",
        "value_raw": current["value_raw"],
        "value_rounded": current["value_rounded"],
        "level_ugm3": current["level_ugm3"],
        "is_complete": current["is_complete"],
        "reason": "late_data",
    }
