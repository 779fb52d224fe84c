"""The reading loop: all ports of the gateway in one thread, from frames to the spool.

A frame bears the time at which its bytes were there to be read: the clock is asked between the
poll and the read. Readings are committed in groups, at most 50 ms old. While the disk is full they
wait in memory, and what is given up there is counted.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from dust.errors import Unavailable
from firmware_bridge.errors import SpoolFull

if TYPE_CHECKING:
    from dust.clock import Clock
    from firmware_bridge.line import SensorLine
    from firmware_bridge.spool import Entry, Spool
    from firmware_bridge.timekeeping import Moment, Timekeeper
    from firmware_bridge.watchdog import Watchdog

_IDLE_POLL_S: Final = 0.2
_COMMIT_WITHIN_S: Final = 0.05
_COMMIT_READINGS: Final = 500
_CHORES_EVERY_S: Final = 1.0
_FULL_RETRY_S: Final = 1.0
_WAITING_AT_MOST: Final = 50_000
_GIVEN_UP: Final = "given up"  # no sensor's code has a blank in it


class Listener(Protocol):
    """Who is to know of what the reader does."""

    def wake(self) -> None:
        """Readings are in the spool that can be sent."""

    def say_status_soon(self) -> None:
        """Something changed that people should see."""

    def is_alive(self, now_s: float) -> bool:
        """Whether the sending goes on as well: one half alive is no gateway."""
        ...

    @property
    def has_ended(self) -> bool:
        """Whether the sending has ended for good."""
        ...


class Reader:
    """Polls every line until it is told to stop."""

    def __init__(
        self,
        lines: list[SensorLine],
        spool: Spool,
        clock: Clock,
        timekeeper: Timekeeper,
        watchdog: Watchdog,
        listener: Listener,
    ) -> None:
        self._lines = lines
        self._spool = spool
        self._clock = clock
        self._timekeeper = timekeeper
        self._watchdog = watchdog
        self._listener = listener
        self._poll = select.poll()
        self._by_descriptor: dict[int, SensorLine] = {}
        self._moment = timekeeper.moment()
        self._pending: list[Entry] = []
        self._pending_since_s = 0.0
        self._commit_not_before_s = 0.0
        self._chores_at_s = 0.0
        self.given_up = spool.mark(_GIVEN_UP) or 0
        """Readings ever lost in memory because the disk stayed full."""
        self.disk_full = False
        self._spool_trouble: str | None = None
        self.stopping = False

    @property
    def time_is_known(self) -> bool:
        return self._moment.known

    def run(self) -> None:
        """Read until `stopping`, then close the open intervals and the ports."""
        self._resolve_held()
        self._watchdog.ready()
        while not (self.stopping or self._listener.has_ended):
            self._open_lines()
            self._read_once()
        self._finish()

    def _open_lines(self) -> None:
        for line in self._lines:
            descriptor = line.open_if_due(self._clock.monotonic_s())
            if descriptor is not None:
                self._by_descriptor[descriptor] = line
                self._poll.register(descriptor, select.POLLIN)
                self._listener.say_status_soon()

    def _read_once(self) -> None:
        wait_s = _COMMIT_WITHIN_S if self._pending else _IDLE_POLL_S
        ready = self._poll.poll(wait_s * 1000)
        # Between poll and read: bytes that a replayed clock's hand has not passed yet are not read.
        self._look_at_the_clock()
        now_s = self._clock.monotonic_s()
        for descriptor, _ in ready:
            line = self._by_descriptor[descriptor]
            self._keep_or_lose(descriptor, line.read(self._moment, now_s))
        for descriptor, line in list(self._by_descriptor.items()):
            if not line.speak(self._moment, now_s):
                self._keep_or_lose(descriptor, None)
        for line in self._lines:
            self._keep(line.close_due(self._moment))
        self._commit_if_due(now_s)
        self._do_chores(now_s)

    def _look_at_the_clock(self) -> None:
        """Where the clock became known or jumped, no interval goes on over that."""
        last, self._moment = self._moment, self._timekeeper.moment()
        if self._moment.era == last.era:
            return
        for line in self._lines:
            self._keep(line.break_off(last))
        self._commit()
        self._resolve_held()
        self._listener.say_status_soon()

    def _resolve_held(self) -> None:
        if not (self._moment.known and self._spool.held):
            return
        try:
            held = self._spool.resolve(self._timekeeper.boot, self._moment.ahead_ms)
        except Unavailable as error:
            self._tell_of_the_spool("held_readings_wait", error)
            return
        structlog.get_logger().info("held_readings_are_dated", count=held)
        self._listener.wake()

    def _keep_or_lose(self, descriptor: int, entries: list[Entry] | None) -> None:
        if entries is None:
            self._poll.unregister(descriptor)
            del self._by_descriptor[descriptor]
            self._listener.say_status_soon()
        else:
            self._keep(entries)

    def _keep(self, entries: list[Entry]) -> None:
        if entries and not self._pending:
            self._pending_since_s = self._clock.monotonic_s()
        self._pending += entries

    def _commit_if_due(self, now_s: float) -> None:
        if not self._pending or now_s < self._commit_not_before_s:
            return
        age_s = now_s - self._pending_since_s
        if age_s >= _COMMIT_WITHIN_S or len(self._pending) >= _COMMIT_READINGS:
            self._commit()

    def _commit(self) -> None:
        if not self._pending:
            return
        try:
            self._put()
        except Unavailable as error:  # the disk is full, or cannot be written for now
            self._wait_for_room(error)
            return
        if self.disk_full:
            structlog.get_logger().info("spool_is_written_again", given_up=self.given_up)
            self.disk_full = False
            self._listener.say_status_soon()
        self._listener.wake()

    def _put(self) -> None:
        """In pieces: where there is room for some, some are kept."""
        while self._pending:
            self._spool.put(self._pending[:_COMMIT_READINGS], self._marks())
            del self._pending[:_COMMIT_READINGS]

    def _marks(self) -> dict[str, int]:
        """The last hour of each instrument with a clock of its own: it is not taken twice."""
        hours = {
            line.code: line.last_own_ms for line in self._lines if line.last_own_ms is not None
        }
        return hours | ({_GIVEN_UP: self.given_up} if self.given_up else {})

    def _wait_for_room(self, error: Unavailable) -> None:
        self._commit_not_before_s = self._clock.monotonic_s() + _FULL_RETRY_S
        too_many = max(0, len(self._pending) - _WAITING_AT_MOST)
        del self._pending[:too_many]
        self.given_up += too_many
        if not self.disk_full:
            what = "disk_is_full" if isinstance(error, SpoolFull) else "spool_is_not_writable"
            structlog.get_logger().error(what, reason=str(error))
            self.disk_full = True
            self._listener.say_status_soon()

    def _do_chores(self, now_s: float) -> None:
        if now_s < self._chores_at_s:
            return
        self._chores_at_s = now_s + _CHORES_EVERY_S
        changes = [line.watch(now_s) for line in self._lines]  # of each, not up to the first
        if any(changes):
            self._listener.say_status_soon()
        if self._spool.held:
            self._resolve_held()
        if self._listener.is_alive(now_s):
            self._watchdog.alive(now_s)
        try:
            self._tidy_the_spool()
        except Unavailable as error:
            self._tell_of_the_spool("spool_is_left_untidy", error)
        else:
            self._spool_trouble = None

    def _tell_of_the_spool(self, trouble: str, error: Unavailable) -> None:
        """Once, not every second that it lasts."""
        if trouble != self._spool_trouble:
            structlog.get_logger().warning(trouble, reason=str(error))
        self._spool_trouble = trouble

    def _tidy_the_spool(self) -> None:
        # Age counts only by a clock that somebody has set who knows the time: one that shows 2050
        # would have every reading given up.
        is_sure = self._moment.known and self._clock.synchronised()
        if self._spool.enforce_limits(self._moment.instant_ms if is_sure else None):
            self._listener.say_status_soon()
        if not self._spool.depth:
            self._spool.compact()

    def _finish(self) -> None:
        self._watchdog.stopping()
        moment: Moment = self._timekeeper.moment()
        for line in self._lines:
            self._keep(line.finish(moment) if moment.era == self._moment.era else [])
            self._keep(line.break_off(self._moment))
            line.close()
        self._commit()
        if self._pending:
            self.given_up += len(self._pending)
            structlog.get_logger().error("readings_are_lost", count=len(self._pending))
