"""The exceedance ledger in the database: days are judged, and only what changed is recorded.

Nothing is updated in place. Today is judged at once, so that an operator hears of a certain
exceedance; a past day is judged when it has been quiet for a while, so that late data make one
restatement and not a storm.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from dust.claims import ClaimClass
from dust.exceedance import find_exceedance
from dust.pollutants import Pollutant
from dust.restatement import Reason
from dust.standards import LimitPeriod, limit_in_force, limit_values
from ingest.ledger_entry import SETTLED, Entry, Figures, Status, Support, next_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from psycopg import Connection

    from dust.exceedance import Finding
    from dust.standards import LimitValue, RuleSet

_DAYS_AT_ONCE: Final = 500
_CLAIM: Final = """
SELECT d.station_id, d.local_day, d.local_day < today.local_day AS is_over,
  d.judged_at IS NOT NULL AS was_judged, d.reasons
FROM dirty_days d
JOIN stations s USING (station_id)
CROSS JOIN LATERAL (SELECT (%(now)s AT TIME ZONE s.time_zone)::date AS local_day) AS today
WHERE (d.local_day < today.local_day AND d.marked_at <= now() - make_interval(secs => %(settle_s)s))
   OR (d.local_day >= today.local_day AND (
        d.judged_at IS NULL OR d.judged_at < d.marked_at
        OR d.judged_at < date_trunc('hour', %(now)s::timestamptz)  -- an hour has ended since
      ))
ORDER BY d.local_day, d.station_id
LIMIT %(at_most)s
FOR UPDATE OF d SKIP LOCKED
"""
_DAYS: Final = """
SELECT a.station_id, w.local_day, a.pollutant, a.period_start, a.period_end, a.value, a.n_valid,
  a.n_possible, a.time_coverage, a.data_capture, a.data_coverage, a.claim_class, a.rule_set,
  a.corrections,
  ARRAY(
    SELECT h.value FROM averages h
    WHERE h.station_id = a.station_id AND h.pollutant = a.pollutant AND h.period_kind = 'hour'
      AND h.period_start >= a.period_start AND h.period_start < a.period_end
      AND h.period_end <= %(now)s AND h.value IS NOT NULL
  ) AS valid_hours
FROM unnest(%(stations)s::integer[], %(days)s::date[]) AS w (station_id, local_day)
JOIN stations s USING (station_id)
JOIN averages a ON a.station_id = w.station_id AND a.period_kind = 'day'
  AND a.period_start = (w.local_day::timestamp AT TIME ZONE s.time_zone)
"""
_CURRENT: Final = """
SELECT DISTINCT ON (e.station_id, e.local_day, e.pollutant, e.limit_id) e.*,
  e.recorded_at < e.period_end AS while_open
FROM unnest(%(stations)s::integer[], %(days)s::date[]) AS w (station_id, local_day)
JOIN exceedances e USING (station_id, local_day)
ORDER BY e.station_id, e.local_day, e.pollutant, e.limit_id, e.revision DESC
"""
_COLUMNS: Final = (
    *("station_id", "pollutant", "limit_id", "local_day", "period_start", "period_end"),
    *("revision", "kind", "status", "value_raw", "value_rounded", "level_ugm3", "is_complete"),
    *("n_valid", "n_possible", "time_coverage", "data_capture", "data_coverage", "claim_class"),
    *("rule_set", "corrections", "reason", "changed"),
)
_APPEND: Final = (
    f"INSERT INTO exceedances ({', '.join(_COLUMNS)})"  # noqa: S608  (the names are those above)
    f" VALUES ({', '.join(f'%({name})s' for name in _COLUMNS)})"
)
_SETTLED: Final = ", ".join(
    {
        "revision": "revision + 1",
        "status": f"'{Status.FINAL}'",
        "reason": f"'{SETTLED}'",
        "changed": "'{}'",
    }.get(name, name)
    for name in _COLUMNS
)
_FINALISE: Final = f"""
INSERT INTO exceedances ({", ".join(_COLUMNS)})
SELECT {_SETTLED}
FROM (
  SELECT DISTINCT ON (station_id, pollutant, limit_id, local_day) * FROM exceedances
  ORDER BY station_id, pollutant, limit_id, local_day, revision DESC
) AS newest
WHERE status IN ('provisional', 'restated')
  AND period_end < %(before)s AND recorded_at < %(before)s
  AND NOT EXISTS (
    SELECT 1 FROM dirty_days d
    WHERE d.station_id = newest.station_id AND d.local_day = newest.local_day
  )
ON CONFLICT DO NOTHING
RETURNING station_id
"""  # noqa: S608  (the names are those above)
_DONE: Final = """
DELETE FROM dirty_days d USING unnest(%s::integer[], %s::date[]) AS w (station_id, local_day)
WHERE d.station_id = w.station_id AND d.local_day = w.local_day
"""
_JUDGED: Final = """
UPDATE dirty_days d SET judged_at = now(), reasons = '{}'
FROM unnest(%s::integer[], %s::date[]) AS w (station_id, local_day)
WHERE d.station_id = w.station_id AND d.local_day = w.local_day
"""
_Row = dict[str, Any]


class Judged(NamedTuple):
    """The stations whose ledger changed, and how many days were looked at."""

    stations: set[int]
    n_days: int


class _Day(NamedTuple):
    station_id: int
    local_day: date
    is_over: bool
    was_judged: bool
    """While it was open; of a day that is over only until it is judged once more."""
    reasons: list[str]


class _Case(NamedTuple):
    """One pollutant and limit value of a day that is to be judged."""

    day: _Day
    limit: LimitValue
    average: _Row | None
    current: _Row | None
    is_in_force: bool = True


def judge_dirty_days(connection: Connection, settle_s: float, now: datetime) -> Judged:
    """Judge the station days that are due, in one transaction.

    The hour that is still running never counts: 45 of its 60 readings make it valid, and the rest
    may yet lower it.
    """
    with connection.transaction():
        parameters = {"settle_s": settle_s, "now": now, "at_most": _DAYS_AT_ONCE}
        days = [_Day(*row) for row in connection.execute(_CLAIM, parameters)]
        entries = [row for case in _cases(connection, days, now) if (row := _judge(case))]
        with connection.cursor() as cursor:
            cursor.executemany(_APPEND.encode(), entries)
        _settle(connection, days)
    return Judged({row["station_id"] for row in entries}, len(days))


def finalise(connection: Connection, rules: RuleSet, now: datetime) -> set[int]:
    """Call entries final that nothing has changed for long enough; returns their stations."""
    with connection.transaction():
        settled = connection.execute(
            _FINALISE.encode(), {"before": now - rules.final_after}
        ).fetchall()
    return {station_id for (station_id,) in settled}


def _settle(connection: Connection, days: Sequence[_Day]) -> None:
    """A past day is done; today stays marked, so that it is judged once more when it is over."""
    for statement, some in (
        (_DONE, [day for day in days if day.is_over]),
        (_JUDGED, [day for day in days if not day.is_over]),
    ):
        if some:
            keys = [day.station_id for day in some], [day.local_day for day in some]
            connection.execute(statement.encode(), keys)


def _cases(connection: Connection, days: Sequence[_Day], now: datetime) -> Iterator[_Case]:
    if not days:
        return
    parameters = {
        "now": now,
        "stations": [day.station_id for day in days],
        "days": [day.local_day for day in days],
    }
    cursor = connection.cursor(row_factory=dict_row)
    averages = _by_day(cursor.execute(_DAYS, parameters).fetchall())
    standing = _by_day(cursor.execute(_CURRENT, parameters).fetchall())
    for day in days:
        key = day.station_id, day.local_day
        yield from _cases_of(day, averages.get(key, []), standing.get(key, []))


def _by_day(rows: Iterable[_Row]) -> dict[tuple[int, date], list[_Row]]:
    grouped: dict[tuple[int, date], list[_Row]] = {}
    for row in rows:
        grouped.setdefault((row["station_id"], row["local_day"]), []).append(row)
    return grouped


def _cases_of(day: _Day, averages: Sequence[_Row], standing: Iterable[_Row]) -> Iterator[_Case]:
    entries = {(row["pollutant"], row["limit_id"]): row for row in standing}
    for average in averages:
        pollutant = Pollutant(average["pollutant"])
        limit = limit_in_force(pollutant, LimitPeriod.DAY, day.local_day)
        if limit is not None:
            yield _Case(day, limit, average, entries.pop((pollutant, limit.id), None))
    by_pollutant = {average["pollutant"]: average for average in averages}
    known = {limit.id: limit for limit in limit_values()}
    for entry in entries.values():  # its sensor has moved, or another limit value is in force now
        limit = known.get(entry["limit_id"])
        now = by_pollutant.get(entry["pollutant"])
        if limit is None:
            structlog.get_logger().warning("entry_of_unknown_limit", limit=entry["limit_id"])
        elif now is None:
            yield _Case(day, limit, None, entry)
        else:
            why = day._replace(reasons=[*day.reasons, Reason.LIMIT_VALUE])
            yield _Case(why, limit, now, entry, is_in_force=False)


def _judge(case: _Case) -> _Row | None:
    """The row that must be appended, or None."""
    entry = next_entry(
        _finding(case),
        _support(case),
        _entry(case.current) if case.current else None,
        case.day.reasons,
        is_over=case.day.is_over,
        has_just_ended=case.day.is_over and case.day.was_judged,
    )
    return _row(case, entry) if entry else None


def _finding(case: _Case) -> Finding | None:
    if case.average is None or not case.is_in_force:
        return None
    return find_exceedance(
        case.average["valid_hours"],
        case.limit,
        ClaimClass(case.average["claim_class"]),
        complete_mean=case.average["value"] if case.day.is_over else None,
        is_over=case.day.is_over,
        n_possible=case.average["n_possible"],
    )


def _support(case: _Case) -> Support:
    if case.average is None:
        assert case.current is not None  # noqa: S101  (a case has an average or an entry)
        nothing = Decimal(0)
        made_by = case.current["claim_class"], case.current["rule_set"]
        return Support(None, 0, nothing, nothing, nothing, *made_by, ())
    average = case.average
    return Support(
        average["value"] if case.day.is_over else None,
        average["n_valid"],
        average["time_coverage"],
        average["data_capture"],
        average["data_coverage"],
        average["claim_class"],
        average["rule_set"],
        tuple(average["corrections"]),
    )


def _entry(row: _Row) -> Entry:
    figures = {name: row[name] for name in Figures.__slots__} | {
        "corrections": tuple(row["corrections"])
    }
    return Entry(
        row["revision"],
        Status(row["status"]),
        Figures(**figures),
        row["reason"],
        row["changed"],
        row["while_open"],
    )


def _row(case: _Case, entry: Entry) -> _Row:
    below = case.average or case.current or {}
    figures = {name: getattr(entry.figures, name) for name in Figures.__slots__}
    return (
        {name: below[name] for name in ("period_start", "period_end", "n_possible")}
        | figures
        | {
            "station_id": case.day.station_id,
            "pollutant": str(case.limit.pollutant),
            "limit_id": case.limit.id,
            "local_day": case.day.local_day,
            "corrections": list(entry.figures.corrections),
            "revision": entry.revision,
            "status": str(entry.status),
            "reason": entry.reason,
            "changed": Jsonb(entry.changed),
        }
    )
