"""After a long outage: full spools, the widest messages, and how long until all is told again."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.load.disk import sizes, wal_position
from ingest.load.figures import CatchUp
from ingest.load.gateways import running_gateways
from ingest.load.limit import copy_per_s, rows_of
from ingest.load.plan import BRIDGE_BATCH, BRIDGE_WINDOW
from ingest.load.process_tree import MemorySeries
from ingest.load.spooled import Part, spool_up
from ingest.load.steady import disk_of
from ingest.load.tally import hours_waiting, tally, wait_for_hours
from ingest.load.usage import others_pct, per_1000, used
from ingest.load.worker import running_workers

if TYPE_CHECKING:
    from ingest.load.child import Child
    from ingest.load.disk import Sizes
    from ingest.load.gateways import Gateways
    from ingest.load.plan import Plan
    from ingest.load.sender import Sent
    from ingest.load.spooled import Spooled
    from ingest.load.tally import Tally
    from ingest.load.usage import ProcessorPer1000, Usage

_ROWS_OF_LIMIT: Final = 1_000_000
"""The limit stores the first of the same rows: all at once would not go into memory."""


class _Round(NamedTuple):
    sent: Sent
    processor: ProcessorPer1000
    others_pct: float
    peak_mib: float
    quarters_mib: list[float]
    hours: int
    hours_after_s: float
    hours_after: int
    spent_after: Usage
    wal_bytes: int
    sizes: Sizes
    tally: Tally


def measure_catch_up(plan: Plan) -> CatchUp:
    """One round: it is long enough; before it one reading of each gateway."""
    options = plan.options
    layout = options.layout()
    each = -(-options.catch_up // options.gateways)
    plan.say(f"{each * options.gateways:,} readings go into the spools")
    parts = [Part(1, 1), Part(each, BRIDGE_BATCH)]
    spooled = spool_up(plan.folder / "packets", layout, parts)
    with plan.databases.fresh(layout) as dsn:
        plan.say(f"{spooled.readings:,} readings are caught up")
        with (
            running_workers(plan.broker, dsn, plan.folder, options.workers) as ingest,
            running_gateways(plan, spooled) as gateways,
        ):
            done = _measured(plan, dsn, spooled, ingest, gateways)
        plan.say("the limit of the same rows")
        rows = rows_of(dsn, warm=0, most=_ROWS_OF_LIMIT)
    with plan.databases.fresh(plan.options.layout()) as dsn:
        limit_per_s = median(copy_per_s(dsn, rows) for _ in range(options.rounds))
    return _figures(spooled, done, limit_per_s)


def _measured(
    plan: Plan, dsn: str, spooled: Spooled, ingest: list[Child], gateways: Gateways
) -> _Round:
    gateways.send(0, "probe", BRIDGE_WINDOW)
    wal_bytes, before = wal_position(dsn), used(plan, ingest)
    with MemorySeries([worker.process.pid for worker in ingest]) as series:
        sent = gateways.send(1, "receipts", BRIDGE_WINDOW)
    spent = used(plan, ingest).since(before)
    wal_bytes = wal_position(dsn) - wal_bytes
    plan.say("the hours are made")
    waiting, before = hours_waiting(dsn), used(plan, ingest)
    hours_after_s, hours = wait_for_hours(dsn)
    spent_after = used(plan, ingest).since(before)
    return _Round(
        sent,
        per_1000(spent, sent.processor_s, sent.readings),
        others_pct(spent, sent.processor_s),
        sum(worker.memory().peak_mib for worker in ingest),
        [round(series.quarter_mib(quarter), 1) for quarter in range(4)],
        hours,
        hours_after_s,
        waiting,
        spent_after,
        wal_bytes,
        sizes(dsn),
        tally(dsn, spooled),
    )


def _figures(spooled: Spooled, done: _Round, limit_per_s: float) -> CatchUp:
    sent = done.sent
    seconds = sent.ended_s - sent.started_s
    per_s = sent.readings / seconds
    layout = spooled.layout
    outage_s = spooled.readings_per_gateway / layout.sensors * layout.spacing_s
    return CatchUp(
        readings=sent.readings,
        gateways=layout.gateways,
        outage_h=round(outage_s / 3600, 1),
        seconds=round(seconds, 1),
        readings_per_s=round(per_s),
        limit_per_s=round(limit_per_s),
        ratio_to_limit=round(per_s / limit_per_s, 3),
        processor_per_1000=done.processor,
        others_processor_pct=done.others_pct,
        ingest_peak_memory_mib=round(done.peak_mib, 1),
        ingest_memory_mib_of_quarters=done.quarters_mib,
        hours_made=done.hours,
        hours_made_after_s=round(done.hours_after_s, 1),
        hours_made_after=done.hours_after,
        hour_ingest_ms=_each_ms(done.spent_after.ingest_s, done.hours_after),
        hour_postgresql_ms=_each_ms(done.spent_after.database_s, done.hours_after),
        disk=disk_of(done.sizes, done.tally.stored, done.wal_bytes / sent.readings),
        sent_again=sent.sent_again,
        lost=done.tally.lost,
        duplicated=done.tally.duplicated,
    )


def _each_ms(spent_s: float | None, hours: int) -> float | None:
    return None if spent_s is None or not hours else round(1000 * spent_s / hours, 3)
