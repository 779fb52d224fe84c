"""What the oracle expects against what the database holds, as (what, expected, got)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dust.clock import epoch_ms
from sim.oracle import Average, Entry, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from sim.oracle import Settled

_AVERAGES = """
SELECT s.code, a.pollutant, a.period_kind, a.period_start, a.period_end, a.value,
  a.uncorrected_value, a.partial_mean, a.n_valid, a.n_measured, a.n_possible, a.claim_class,
  a.corrections, a.rule_set
FROM averages a JOIN stations s USING (station_id)
"""
_REVISIONS = """
SELECT e.exceedance_id, e.revision, e.status, e.reason,
  s.code, e.pollutant, e.limit_id, e.local_day, e.kind, e.value_raw, e.value_rounded,
  e.is_complete, e.n_valid, round(e.time_coverage * e.n_possible)::integer, e.claim_class,
  e.corrections, e.rule_set
FROM exceedances e JOIN stations s USING (station_id)
ORDER BY e.exceedance_id
"""


class Difference(NamedTuple):
    what: Any
    expected: Any
    got: Any

    def __str__(self) -> str:
        what = self.what if isinstance(self.what, tuple) else (self.what,)
        return f"{' '.join(map(str, what))}: expected {self.expected}, got {self.got}"


class Revision(NamedTuple):
    """One line of the ledger."""

    number: int
    status: str
    reason: str
    entry: Entry


def stored_averages(connection: psycopg.Connection) -> list[Average]:
    return [
        Average(*row[:3], epoch_ms(row[3]), epoch_ms(row[4]), *row[5:12], tuple(row[12]), row[13])
        for row in connection.execute(_AVERAGES).fetchall()
    ]


def stored_revisions(connection: psycopg.Connection) -> list[Revision]:
    """The whole ledger, the oldest line first."""
    return [
        Revision(number, status, reason, Entry(*rest[:-2], tuple(rest[-2]), rest[-1]))
        for _, number, status, reason, *rest in connection.execute(_REVISIONS).fetchall()
    ]


def standing(revisions: Iterable[Revision]) -> dict[Any, Revision]:
    """The newest line of each entry that is not withdrawn."""
    newest = {line.entry.key: line for line in revisions}
    return {key: line for key, line in newest.items() if line.status != "withdrawn"}


def average_differences(settled: Settled, found: Iterable[Average]) -> list[Difference]:
    wanted = {average.key: average for average in settled.averages}
    got = {average.key: average for average in found}
    return _differences(
        wanted, {key: _where_defined(wanted.get(key), average) for key, average in got.items()}
    )


def entry_differences(settled: Settled, revisions: Iterable[Revision]) -> list[Difference]:
    """Of the standing entries."""
    return _differences(
        settled.entries, {key: line.entry for key, line in standing(revisions).items()}
    )


def revision_differences(
    before: Settled, after: Settled, earlier: list[Revision], later: list[Revision]
) -> list[Difference]:
    """Of the lines that a change has added: one for each entry that differs, with its reason."""
    known = {line.entry.key for line in earlier}
    wanted = {
        change.key: _as_line(change.what, change.reasons, is_new=change.key not in known)
        for change in changes(before, after)
    }
    got: dict[Any, list[tuple[str, str]]] = {}
    for line in later[len(earlier) :]:
        got.setdefault(line.entry.key, []).append((line.status, line.reason))
    return _differences({key: [_as_told(line, got.get(key))] for key, line in wanted.items()}, got)


def _as_told(wanted: tuple[str, str], got: list[tuple[str, str]] | None) -> tuple[str, str]:
    """Reasons are those of all marks on an hour that changed: one mark may have changed nothing."""
    if not got or len(got) > 1:
        return wanted
    ((status, reasons),) = got
    is_told = status == wanted[0] and set(wanted[1].split("+")) <= set(reasons.split("+"))
    return (status, reasons) if is_told else wanted


def _as_line(what: str, reasons: Iterable[str], *, is_new: bool) -> tuple[str, str]:
    if is_new:
        return ("provisional", "found")
    order = ("late_data", "re_qc", "correction", "deployment", "rule_set")
    status = "withdrawn" if what == "withdrawn" else "restated"
    return (status, "+".join(reason for reason in order if reason in set(reasons)))


def _where_defined(wanted: Average | None, got: Average) -> Average:
    """What the rules leave open is taken as it is: the class of nothing, a mixture's readings."""
    if wanted is None:
        return got
    claim_class = got.claim_class if wanted.claim_class is not None else None
    n_possible = got.n_possible if wanted.n_possible is not None else None
    return got._replace(claim_class=claim_class, n_possible=n_possible)


def _differences(wanted: Mapping[Any, Any], got: Mapping[Any, Any]) -> list[Difference]:
    found = []
    for key in sorted(wanted.keys() | got.keys()):
        expected, held = wanted.get(key), got.get(key)
        if expected == held:
            continue
        if isinstance(expected, Average | Entry) and held is not None:
            found += [
                Difference((*key, field), first, second)
                for field, first, second in zip(expected._fields, expected, held, strict=True)
                if first != second
            ]
        else:
            found.append(Difference(key, expected, held))
    return found
