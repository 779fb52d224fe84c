"""Messages of one reading: ingest beside the plain worker, from a backlog and live."""

from __future__ import annotations

import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from dust.storage.connection import connect
from ingest.load.baseline import CLIENT_ID
from ingest.load.child import own_module, running
from ingest.load.errors import NotMeasured
from ingest.load.figures import OneByOne, OneByOneComparison, OneByOneRate
from ingest.load.gateways import running_gateways
from ingest.load.spooled import Part, spool_up
from ingest.load.tally import tally
from ingest.load.usage import others_pct, per_1000, used
from ingest.load.worker import forget_sessions, running_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.load.child import Child
    from ingest.load.gateways import Gateways
    from ingest.load.plan import Plan
    from ingest.load.sender import Sent
    from ingest.load.spooled import Spooled
    from ingest.load.usage import ProcessorPer1000, Usage

INGEST: Final = "ingest"
BASELINE: Final = "baseline"
BACKLOG: Final = "backlog"
LIVE: Final = "live"
_UNACKNOWLEDGED: Final = 20
"""Per gateway, by the broker: its own default for a client that asks for nothing."""
_ASKED_EVERY_S: Final = 0.1
_WITHIN_S: Final = 600.0


class _Round(NamedTuple):
    messages_per_s: float
    spent: ProcessorPer1000
    others_pct: float
    peak_mib: float


class _Stage(NamedTuple):
    """Where a round takes place."""

    plan: Plan
    dsn: str
    spooled: Spooled
    who: str

    @contextmanager
    def worker(self, *, forget: bool = True) -> Iterator[Child]:
        """Ingest or the plain worker; without `forget` its session stays at the broker."""
        plan = self.plan
        if self.who == INGEST:
            with running_workers(plan.broker, self.dsn, plan.folder, forget=forget) as (one,):
                yield one
            return
        address = plan.broker.host, str(plan.broker.port)
        try:
            with running(BASELINE, own_module(BASELINE, *address, self.dsn), plan.folder) as child:
                yield child
        finally:
            if forget:
                forget_sessions(plan.broker, [CLIENT_ID])

    def stored(self) -> int:
        with connect(self.dsn) as connection:
            row = connection.execute("SELECT count(*) FROM readings").fetchone()
        return int(row[0]) if row else 0

    def wait_for(self, count: int) -> tuple[float, int, float]:
        """Until so many are stored: instant and number of the first new ones, instant of the last.

        Both workers are asked the same question as often, which costs them the same.
        """
        known, first = self.spooled.layout.gateways, None
        deadline_s = time.monotonic() + _WITHIN_S
        with connect(self.dsn) as connection:
            while True:
                row = connection.execute("SELECT count(*) FROM readings").fetchone()
                found, now_s = int(row[0]) if row else 0, time.monotonic()
                if first is None and found > known:
                    first = now_s, found
                if found >= count and first is not None:
                    return *first, now_s
                if now_s > deadline_s:
                    raise NotMeasured(f"{self.who}: {found} of {count} messages are stored")
                time.sleep(_ASKED_EVERY_S)


def measure_one_by_one(plan: Plan) -> OneByOne:
    """Ingest and the plain worker in turn, so that a disk that slows down slows both."""
    found: dict[tuple[str, str], list[_Round]] = {}
    for number in range(plan.options.rounds):
        for how in (BACKLOG, LIVE):
            for who in (BASELINE, INGEST):
                plan.say(f"one by one, {how}, {who}, round {number + 1} of {plan.options.rounds}")
                found.setdefault((how, who), []).append(_round(plan, how, who))
    each = -(-plan.options.messages // plan.options.gateways)
    return OneByOne(
        each * plan.options.gateways,
        plan.options.rounds,
        _compared(found[BACKLOG, INGEST], found[BACKLOG, BASELINE]),
        _compared(found[LIVE, INGEST], found[LIVE, BASELINE]),
        0,  # a round that lost one, or has one twice, has ended the run
        0,
    )


def _round(plan: Plan, how: str, who: str) -> _Round:
    options = plan.options
    each = -(-options.messages // options.gateways)
    layout = options.layout()
    spooled = spool_up(plan.folder / "packets", layout, [Part(1, 1), Part(each, 1)])
    with plan.databases.fresh(layout) as dsn:
        stage = _Stage(plan, dsn, spooled, who)
        done = _backlog(stage) if how == BACKLOG else _live(stage)
        tally(dsn, spooled)
    return done


def _live(stage: _Stage) -> _Round:
    with stage.worker() as worker, running_gateways(stage.plan, stage.spooled) as gateways:
        _wait_until_subscribed(stage, worker, gateways)
        before = used(stage.plan, [worker])
        gateways.begin(1, "broker", _UNACKNOWLEDGED)
        *_, ended_s = stage.wait_for(stage.spooled.readings)
        spent = used(stage.plan, [worker]).since(before)
        sent = gateways.finish()
        return _figures(worker, spent, sent, sent.readings / (ended_s - before.at_s))


def _backlog(stage: _Stage) -> _Round:
    """The messages are there when the worker comes: its session was opened before."""
    with running_gateways(stage.plan, stage.spooled) as gateways:
        with stage.worker(forget=False) as worker:
            _wait_until_subscribed(stage, worker, gateways)
            # What starting costs, and one message of each gateway: the same when it comes again.
            start_s = worker.processor_s()
        sent = gateways.send(1, "broker", _UNACKNOWLEDGED)
    before = used(stage.plan, [])._replace(ingest_s=start_s)
    with stage.worker() as worker:
        first_s, first, ended_s = stage.wait_for(stage.spooled.readings)
        spent = used(stage.plan, [worker]).since(before)
        seconds = max(ended_s - first_s, _ASKED_EVERY_S)
        sent.processor_s = 0.0  # it was over before this began
        return _figures(worker, spent, sent, (stage.spooled.readings - first) / seconds)


def _figures(worker: Child, spent: Usage, sent: Sent, per_s: float) -> _Round:
    return _Round(
        per_s,
        per_1000(spent, sent.processor_s, sent.readings),
        others_pct(spent, sent.processor_s),
        worker.memory().peak_mib,
    )


def _wait_until_subscribed(stage: _Stage, worker: Child, gateways: Gateways) -> None:
    """Send a message from each gateway again and again until all of them are stored."""

    def has_come() -> bool:
        gateways.send(0, "broker", _UNACKNOWLEDGED)
        time.sleep(0.5)
        return stage.stored() == stage.spooled.layout.gateways

    worker.wait_for("its subscription", has_come)


def _compared(of_ingest: list[_Round], of_baseline: list[_Round]) -> OneByOneComparison:
    ours, theirs = _rate(of_ingest), _rate(of_baseline)
    return OneByOneComparison(
        ours,
        theirs,
        _ratio(ours.messages_per_s, theirs.messages_per_s),
        _ratio(ours.processor_per_1000.ingest_s, theirs.processor_per_1000.ingest_s),
    )


def _rate(rounds: list[_Round]) -> OneByOneRate:
    middle = sorted(rounds, key=lambda each: each.spent.ingest_s)[len(rounds) // 2]
    return OneByOneRate(
        round(median(each.messages_per_s for each in rounds)),
        [round(each.messages_per_s) for each in rounds],
        middle.spent,
        max(each.others_pct for each in rounds),
        round(max(each.peak_mib for each in rounds), 1),
    )


def _ratio(ours: float, theirs: float) -> float:
    """0 where there is nothing to hold it against: all that was sent went in at once."""
    return round(ours / theirs, 3) if theirs else 0.0
