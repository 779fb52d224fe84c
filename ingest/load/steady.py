"""Steady state: gateways that always have a next batch, and how many readings a second get in."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ingest.load.disk import sizes, wal_position
from ingest.load.figures import Disk, Limit, Steady
from ingest.load.gateways import running_gateways
from ingest.load.latency import latency_of
from ingest.load.limit import copy_per_s, rows_of, unnest_per_s
from ingest.load.plan import BRIDGE_WINDOW
from ingest.load.spooled import Part, spool_up
from ingest.load.tally import tally, wait_for_hours
from ingest.load.usage import others_pct, per_1000, used
from ingest.load.worker import running_workers

if TYPE_CHECKING:
    from ingest.load.child import Child
    from ingest.load.disk import Sizes
    from ingest.load.gateways import Gateways
    from ingest.load.limit import Rows
    from ingest.load.plan import Plan
    from ingest.load.sender import Sent
    from ingest.load.spooled import Spooled
    from ingest.load.tally import Tally
    from ingest.load.usage import ProcessorPer1000


class SteadyRound(NamedTuple):
    """One round, and the rows that it has stored."""

    sent: Sent
    readings: int
    processor: ProcessorPer1000
    others_pct: float
    peak_mib: float
    hours_after_s: float
    wal_bytes: int
    sizes: Sizes
    tally: Tally
    rows: Rows | None

    @property
    def per_s(self) -> float:
        return self.readings / (self.sent.ended_s - self.sent.started_s)


class LimitRound(NamedTuple):
    """The limits of one round's rows."""

    limit: Limit
    wal_bytes: int


def measure_steady(plan: Plan, workers: int, *, with_limit: bool = True) -> Steady:
    """Medians of the rounds; each has a database, workers and a warm-up of its own."""
    rounds, limits = [], []
    for number in range(plan.options.rounds):
        plan.say(f"steady, {workers} worker(s), round {number + 1} of {plan.options.rounds}")
        done = steady_round(plan, workers, with_rows=with_limit)
        if done.rows is not None:
            plan.say(f"the limit of the same rows, round {number + 1} of {plan.options.rounds}")
            limits.append(measure_limit(plan, done.rows))
        rounds.append(done._replace(rows=None))
    return _figures(workers, rounds, limits)


def steady_round(plan: Plan, workers: int, *, with_rows: bool) -> SteadyRound:
    """Warm up with a tenth, then measure; the rows are read back for the limit."""
    options = plan.options
    each = -(-options.readings // (options.gateways * options.batch)) * options.batch
    warm = max(options.batch, each // 10 // options.batch * options.batch)
    layout = options.layout()
    parts = [Part(1, 1), Part(warm, options.batch), Part(each, options.batch)]
    spooled = spool_up(plan.folder / "packets", layout, parts)
    with plan.databases.fresh(layout) as dsn:
        with (
            running_workers(plan.broker, dsn, plan.folder, workers) as ingest,
            running_gateways(plan, spooled) as gateways,
        ):
            done = _measured(plan, dsn, spooled, ingest, gateways)
        rows = None
        if with_rows:
            rows = rows_of(dsn, warm=(1 + warm) * options.gateways)
        return done._replace(rows=rows)


def _measured(
    plan: Plan, dsn: str, spooled: Spooled, ingest: list[Child], gateways: Gateways
) -> SteadyRound:
    gateways.send(0, "probe", BRIDGE_WINDOW)
    gateways.send(1, "receipts", BRIDGE_WINDOW)
    wait_for_hours(dsn)
    wal_bytes, before = wal_position(dsn), used(plan, ingest)
    sent = gateways.send(2, "receipts", BRIDGE_WINDOW)
    spent = used(plan, ingest).since(before)
    wal_bytes = wal_position(dsn) - wal_bytes
    hours_after_s, _ = wait_for_hours(dsn)
    peak_mib = sum(worker.memory().peak_mib for worker in ingest)
    return SteadyRound(
        sent,
        sent.readings,
        per_1000(spent, sent.processor_s, sent.readings),
        others_pct(spent, sent.processor_s),
        peak_mib,
        hours_after_s,
        wal_bytes,
        sizes(dsn),
        tally(dsn, spooled),
        None,
    )


def measure_limit(plan: Plan, rows: Rows) -> LimitRound:
    """Each way into a new database of the same schema, with nobody else at work."""
    with plan.databases.fresh(plan.options.layout()) as dsn:
        before, before_s = wal_position(dsn), plan.server.processor_s()
        one = copy_per_s(dsn, rows)
        wal_bytes, after_s = wal_position(dsn) - before, plan.server.processor_s()
        n_stored = rows.n_warm + rows.n_timed
        two = copy_per_s(dsn, rows, sessions=2)
        unnest = unnest_per_s(dsn, rows)
    spent_s = None
    if before_s is not None and after_s is not None:
        spent_s = round(1000 * (after_s - before_s) / n_stored, 5)
    return LimitRound(Limit(round(one), spent_s, round(two), round(unnest)), wal_bytes)


def _figures(workers: int, rounds: list[SteadyRound], limits: list[LimitRound]) -> Steady:
    per_s = median(done.per_s for done in rounds)
    limit = _median_of(limits)
    middle = sorted(rounds, key=lambda done: done.per_s)[len(rounds) // 2]
    stored = middle.tally.stored
    wal_of_limit = median(each.wal_bytes for each in limits) / stored if limits else None
    return Steady(
        workers,
        len(rounds),
        middle.readings,
        round(per_s),
        [round(done.per_s) for done in rounds],
        [done.others_pct for done in rounds],
        limit,
        round(per_s / limit.copy_per_s, 3) if limit else None,
        round(per_s / limit.copy_two_sessions_per_s, 3) if limit else None,
        latency_of([wait for done in rounds for wait in done.sent.receipt_after_s]),
        middle.processor,
        round(max(done.peak_mib for done in rounds), 1),
        round(median(done.hours_after_s for done in rounds), 1),
        disk_of(middle.sizes, stored, middle.wal_bytes / middle.readings, wal_of_limit),
        sum(done.sent.sent_again for done in rounds),
        sum(done.tally.lost for done in rounds),
        sum(done.tally.duplicated for done in rounds),
    )


def disk_of(found: Sizes, stored: int, wal_bytes: float, wal_of_limit: float | None = None) -> Disk:
    """A reading's share of all that; WAL is given as a share already."""
    return Disk(
        stored,
        round(found.table / stored, 1),
        round(found.indexes / stored, 1),
        round(found.toast / stored, 1),
        round(found.total / stored, 1),
        round(wal_bytes, 1),
        None if wal_of_limit is None else round(wal_of_limit, 1),
    )


def _median_of(limits: list[LimitRound]) -> Limit | None:
    if not limits:
        return None
    found = [each.limit for each in limits]
    spent_s = [each.copy_postgresql_s_per_1000 for each in found]
    return Limit(
        median(each.copy_per_s for each in found),
        median(s for s in spent_s if s is not None) if None not in spent_s else None,
        median(each.copy_two_sessions_per_s for each in found),
        median(each.unnest_per_s for each in found),
    )
