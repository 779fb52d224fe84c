"""How fast a full spool empties once the broker is back, beside the spool's own work in that."""

from __future__ import annotations

import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from firmware_bridge.bench import readings
from firmware_bridge.bench.bridge import running_bridge, spool_of
from firmware_bridge.bench.child import python_module, running
from firmware_bridge.bench.feed import open_terminals
from firmware_bridge.bench.figures import Drain
from firmware_bridge.bench.peer import Heard
from firmware_bridge.bench.plain import PlainTable
from firmware_bridge.bench.rate import ROUNDS, rate_until_done
from firmware_bridge.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_bridge.bench.child import Child
    from firmware_bridge.bench.plan import Plan

GOAL_PER_S: Final = 20_000
_WITHIN_S: Final = 600.0
_POLL_S: Final = 0.002  # what it adds to a second of draining is lost in the noise


class _Run(NamedTuple):
    heard: Heard
    seconds: float
    bridge_s: float
    peer_s: float


def measure_drain(plan: Plan, bulk_insert_per_s: float) -> Drain:
    """A spool of so many readings through the whole gateway, beside spool and table alone."""
    count = plan.options.readings
    runs, spool_alone, plain = [], [], []
    for number in range(ROUNDS):  # in turn: a disk that slows down slows all three
        runs.append(_drain_through_the_broker(plan, number))
        spool_alone.append(_spool_alone_per_s(plan, number))
        plain.append(_plain_per_s(plan, number))
    seconds = sorted(run.seconds for run in runs)
    per_s = count / median(seconds)
    return Drain(
        readings=count,
        rounds=ROUNDS,
        seconds=round(median(seconds), 3),
        readings_per_s=round(per_s),
        slowest_per_s=round(count / seconds[-1]),
        fastest_per_s=round(count / seconds[0]),
        goal_per_s=GOAL_PER_S,
        missing=sum(count - run.heard.readings for run in runs),
        repeats=sum(run.heard.repeats for run in runs),
        bridge_processor_pct=round(100 * sum(run.bridge_s for run in runs) / sum(seconds), 1),
        peer_processor_pct=round(100 * sum(run.peer_s for run in runs) / sum(seconds), 1),
        spool_alone_per_s=round(median(spool_alone)),
        plain_per_s=round(median(plain)),
        ratio=round(per_s / median(plain), 3),
        ratio_to_bulk_insert=round(per_s / bulk_insert_per_s, 3),
    )


def _drain_through_the_broker(plan: Plan, number: int) -> _Run:
    folder = plan.subfolder(f"drain-{number}")
    readings.fill(spool_of(folder), plan.options.readings)
    gateway = f"{plan.gateway}-drain-{number}"
    broker = plan.broker
    command = python_module(
        "firmware_bridge.bench.peer",
        *(broker.host, str(broker.port), gateway, str(plan.options.readings)),
    )
    with open_terminals(1) as silent, running("peer", command, folder) as peer:
        peer.next_line()
        with running_bridge(folder, broker, gateway, silent, 60) as bridge:
            return _timed(spool_of(folder), bridge, peer)


def _timed(spool: Path, bridge: Child, peer: Child) -> _Run:
    """From the first batch that arrives to the empty spool."""
    bridge.wait_for("the first batch", peer.has_said, every_s=_POLL_S)
    peer.next_line()
    bridge_s, peer_s = bridge.processor_s(), peer.processor_s()
    bridge.wait_for("all readings", peer.has_said, _WITHIN_S, _POLL_S)
    heard = msgspec.json.decode(peer.next_line(), type=Heard)
    bridge.wait_for("the empty spool", lambda: readings.is_empty(spool), every_s=_POLL_S)
    seconds = time.monotonic() - heard.first_s
    return _Run(heard, seconds, bridge.processor_s() - bridge_s, peer.processor_s() - peer_s)


def _spool_alone_per_s(plan: Plan, number: int) -> float:
    path = plan.subfolder(f"spool-alone-{number}") / "spool.sqlite"
    readings.fill(path, plan.options.readings)
    with closing(Spool(path)) as spool:
        return rate_until_done(lambda: readings.drain(spool))


def _plain_per_s(plan: Plan, number: int) -> float:
    path = plan.subfolder(f"plain-alone-{number}") / "plain.sqlite"
    # The spool does not wait for the disk here either: a receipt that is undone comes again.
    with closing(PlainTable(path, synchronous="NORMAL")) as plain:
        plain.put(readings.bodies(plan.options.readings))
        return rate_until_done(lambda: plain.drain(readings.GROUP))
