"""A run: readings of a fleet to the broker, until a receipt has covered every one of them.

One thread generates, publishes and takes receipts. It generates no further while too many readings
wait for theirs, so that memory stays bounded; only what a simulated outage holds back may grow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dust import wire
from dust.errors import BadInput
from sim.publishing.outbox import Batch, Outbox
from sim.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dust.clock import Clock
    from sim.fleet import Fleet, Gateway, Made
    from sim.player import Stop
    from sim.publishing.carrier import Carrier, Post

_FLUSH_EVERY_S = 1.0  # a gateway publishes what it has at least so often
_CHORES_EVERY_S = 0.1
_FAREWELL_S = 2.0  # for messages on the line when the run is stopped


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run may go; nothing given: as fast as receipts come."""

    readings_per_s: float = math.inf
    speed: float = math.inf  # simulated seconds in a second
    most_waiting: int = 100_000  # readings without a receipt
    most_batches: int = 400  # a broker queues only so many messages (Mosquitto: 1000)
    receipt_timeout_s: float = 10.0
    patience_s: float = 60.0  # without any receipt: then the run gives up


@dataclass(slots=True)
class Report:
    """What a run did; `unreceipted` is 0 where nothing was lost."""

    gateways: int = 0
    sensors: int = 0
    hours: float = 0.0
    readings_sent: int = 0
    readings_receipted: int = 0
    readings_resent: int = 0
    batches: int = 0
    batches_resent: int = 0
    bytes_sent: int = 0
    seconds: float = 0.0
    readings_per_s: float = 0.0
    unreceipted: int = 0
    stopped: bool = False
    faults: dict[str, dict[str, int]] = field(default_factory=dict)


class Line:
    """A gateway, its outbox, and the carrier of its messages."""

    def __init__(self, gateway: Gateway, carrier: Carrier) -> None:
        self.gateway = gateway
        self.carrier = carrier
        self.outbox = Outbox(gateway.name)
        self.is_cut_off = False


class Run:
    """Drives the lines; `report` tells how far it is."""

    def __init__(  # noqa: PLR0913  (the composition root names every part)
        self,
        fleet: Fleet,
        carriers: Sequence[Carrier],
        post: Post,
        clock: Clock,
        stop: Stop,
        pace: Pace,
        *,
        record: Callable[[Outbox, Sequence[Made]], None] | None = None,
        on_progress: Callable[[int], None] = lambda _readings: None,
    ) -> None:
        self._fleet = fleet
        self._post = post
        self._monotonic_s = clock.monotonic_s
        self._stop = stop
        self._pace = pace
        self._record = record
        self._on_progress = on_progress
        self._carriers = carriers
        self.lines = [
            Line(gateway, carriers[number % len(carriers)])
            for number, gateway in enumerate(fleet.gateways)
        ]
        self._by_spool = {line.outbox.spool: line for line in self.lines}
        self._waiting = 0
        self._batches = 0
        self._chores_at_s = self._flush_at_s = 0.0
        self.report = Report(gateways=len(self.lines), sensors=fleet.sensors)

    def go(self, hours: float) -> None:
        """Generates so many hours, then waits for the receipts that are missing."""
        self._began_s = self._heard_s = self._monotonic_s()
        instants = self._fleet.instants(hours)
        for instant_ms in instants:
            if not self._make_all(instant_ms, instant_ms - instants[0]):
                break
            self.report.hours = (instant_ms - instants[0] + instants.step) / HOUR_MS
        self._finish()
        self._sum_up()

    def _make_all(self, instant_ms: int, since_ms: int) -> bool:
        """One instant at every gateway; False when the run is to end."""
        self._idle_until(self._began_s + since_ms / 1000 / self._pace.speed)
        for line in self.lines:
            self._await_room()
            if self._is_over():
                return False
            self._make(line, instant_ms)
            due_s = self._began_s + self.report.readings_sent / self._pace.readings_per_s
            if self._monotonic_s() < due_s:
                self._idle_until(due_s)
        self._do_chores_if_due()
        return True

    def _make(self, line: Line, instant_ms: int) -> None:
        readings = list(line.gateway.readings(instant_ms))
        outbox = line.outbox
        if self._record is not None:
            self._record(outbox, readings)
        self.report.readings_sent += outbox.put(readings)
        line.is_cut_off = line.gateway.cut_off.holds(instant_ms)
        if outbox.numbered >= wire.MAX_READINGS and not line.is_cut_off:
            self._publish(line)

    def _publish(self, line: Line) -> None:
        while (batch := line.outbox.batch()) is not None:
            self._batches += 1
            self._waiting += batch.readings
            self.report.batches += 1
            self._send(line, batch)

    def _send(self, line: Line, batch: Batch) -> None:
        batch.handed_over = line.carrier.publish(line.outbox.gateway, batch.payload)
        batch.due_s = self._monotonic_s() + self._pace.receipt_timeout_s
        self.report.bytes_sent += len(batch.payload)

    def _take_receipts(self) -> None:
        received = self._post.received
        while received:
            try:
                receipt = wire.decode_receipt(received.popleft())
            except BadInput:
                continue  # not ours to judge: what it might have covered is sent again
            line = self._by_spool.get(receipt.spool)
            if line is not None:
                self._confirm(line, receipt.ranges)

    def _confirm(self, line: Line, ranges: Sequence[tuple[int, int]]) -> None:
        before = line.outbox.waiting
        done = line.outbox.confirm(ranges)
        confirmed = before - line.outbox.waiting
        if confirmed:
            self._heard_s = self._monotonic_s()
        self._waiting -= confirmed
        self.report.readings_receipted += confirmed
        self._batches -= len(done)
        for batch in done:
            line.carrier.forget(batch.handed_over)

    def _await_room(self) -> None:
        """Takes receipts; while too much waits for one, does nothing else."""
        self._take_receipts()
        while self._is_full() and not self._is_over():
            self._post.wait(_CHORES_EVERY_S)
            self._take_receipts()
            self._do_chores_if_due()

    def _is_full(self) -> bool:
        return self._waiting >= self._pace.most_waiting or self._batches >= self._pace.most_batches

    def _idle_until(self, until_s: float) -> None:
        while not self._is_over() and (left_s := until_s - self._monotonic_s()) > 0:
            self._post.wait(min(left_s, _CHORES_EVERY_S))
            self._take_receipts()
            self._do_chores_if_due()

    def _is_over(self) -> bool:
        return self._stop.over() or self._has_lost_patience()

    def _has_lost_patience(self) -> bool:
        silent_s = self._monotonic_s() - self._heard_s
        return self._waiting > 0 and silent_s > self._pace.patience_s

    def _do_chores_if_due(self) -> None:
        now_s = self._monotonic_s()
        if now_s < self._chores_at_s:
            return
        self._chores_at_s = now_s + _CHORES_EVERY_S
        if self._waiting == 0:
            self._heard_s = now_s
        if now_s >= self._flush_at_s:
            self._flush_at_s = now_s + _FLUSH_EVERY_S
            self._flush()
        self._send_again(now_s)
        self._on_progress(self.report.readings_receipted)

    def _flush(self) -> None:
        for line in self.lines:
            if not line.is_cut_off:
                self._publish(line)

    def _send_again(self, now_s: float) -> None:
        """What is overdue, or may have died with the broker that had taken it.

        What the library has not handed over yet is its own to repeat.
        """
        returned = [carrier for carrier in self._carriers if carrier.reconnected.is_set()]
        for line in self.lines:
            due_s = math.inf if line.carrier in returned else now_s
            for batch in line.outbox.due(due_s) if line.outbox.in_flight else ():
                if line.carrier.is_acknowledged(batch.handed_over):
                    line.carrier.forget(batch.handed_over)
                    self.report.batches_resent += 1
                    self.report.readings_resent += batch.readings
                    self._send(line, batch)
        for carrier in returned:
            carrier.reconnected.clear()

    def _finish(self) -> None:
        """The rest of what was made, and the receipts for it; less of both after a stop."""
        for line in self.lines:
            line.is_cut_off = False
        self._flush()
        self.report.stopped = self._stop.requested
        until_s = self._monotonic_s() + (_FAREWELL_S if self._is_over() else math.inf)
        while self._waiting and self._monotonic_s() < until_s:
            if until_s == math.inf and self._is_over():
                self.report.stopped = self._stop.requested
                break
            self._post.wait(_CHORES_EVERY_S)
            self._take_receipts()
            self._do_chores_if_due()

    def _sum_up(self) -> None:
        report = self.report
        report.seconds = round(self._monotonic_s() - self._began_s, 3)
        report.readings_per_s = round(report.readings_receipted / max(report.seconds, 1e-3), 1)
        report.unreceipted = report.readings_sent - report.readings_receipted
        report.faults = self._fleet.tallies()
        self._on_progress(report.readings_receipted)
