"""The player: moves the clock and feeds the ports in lock-step.

For every instant: set the clock, write the bytes, wait until every reader has taken them. A reader
stamps what it takes between waiting and reading, so each frame is stamped with its very instant.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from sim.pseudo_terminal import PseudoTerminal, UnreadWatch, has_unread
from sim.time_line import HISTORY_TICK_MS, HOUR_MS, TimeLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import FilteringBoundLogger

    from dust.clock import Clock, ReplayClockHand
    from sim.emission import Emission
    from sim.sensors import Sensor
    from sim.sent_record import SentRecord

STALL_S = 30.0

# While waiting for readers: first only step aside for them, which costs a microsecond, then nap,
# which the kernel stretches to some 0.13 ms, so that slow readers have the processor to themselves.
_TURNS_WITHOUT_NAP = 60
_NAP_S = 0.00005
_LIVE_TICK_S = 1.0
_CHORES_EVERY_S = 0.5  # the record is flushed at least every second
_STOP_GRACE_S = 0.3  # for frames on the line when the end comes
_LONGEST_SLEEP_S = 0.1  # so that a stop is noticed soon
_LEAP_MS = 1000  # a larger change within a tick is no drift: somebody has set the clock


class Stop:
    """The wish to end: set by a signal, or due at a monotonic instant."""

    def __init__(self, clock: Clock) -> None:
        self._monotonic_s = clock.monotonic_s
        self.requested_at_s = math.inf
        self.due_at_s = math.inf

    def request(self) -> None:
        self.requested_at_s = min(self.requested_at_s, self._monotonic_s())

    @property
    def requested(self) -> bool:
        return self.requested_at_s < math.inf

    def over(self) -> bool:
        return self.requested or self._monotonic_s() >= self.due_at_s

    def sleep_until(self, until_s: float) -> None:
        """Sleeps to a monotonic instant, or less when the end comes."""
        while not self.over() and (left_s := until_s - self._monotonic_s()) > 0:
            time.sleep(min(left_s, _LONGEST_SLEEP_S))


@dataclass(slots=True)
class Played:
    """What has been played so far."""

    first_ms: int | None = None
    last_ms: int | None = None
    history_ticks: int = 0
    history_s: float = 0.0
    live_ticks: int = 0
    frames: int = 0


Sent = list[tuple[PseudoTerminal, "Emission[str]"]]


class Player:
    """Feeds sensors' bytes to their ports; `played` tells how far it is."""

    def __init__(  # noqa: PLR0913  (the composition root names every part)
        self,
        lines: Sequence[tuple[Sensor, PseudoTerminal]],
        hand: ReplayClockHand,
        record: SentRecord,
        clock: Clock,
        stop: Stop,
        log: FilteringBoundLogger,
        *,
        stall_s: float = STALL_S,
        wrong_by_ms: Callable[[int], int] = lambda _instant_ms: 0,
    ) -> None:
        self.played = Played()
        self._wrong_by_ms = wrong_by_ms
        self._wrong_ms = 0
        self._lines = [(sensor.emission, terminal) for sensor, terminal in lines]
        self._terminals = [terminal for _, terminal in lines]
        self._watch = UnreadWatch(self._terminals)
        self._aside: list[PseudoTerminal] = []
        self._hand = hand
        self._record = record
        self._clock = clock
        self._monotonic_s = clock.monotonic_s
        self._stop = stop
        self._log = log
        self._stall_s = stall_s
        self._chores_at_s = 0.0

    def play_history(self, time_line: TimeLine, on_hour: Callable[[int], None]) -> None:
        """Ticks once a minute of history until the real now; `on_hour` gets the hours played."""
        began_s = self._monotonic_s()
        instant_ms = time_line.first_tick_ms
        emissions = self._emissions(instant_ms)
        while not self._is_over(instant_ms, time_line) and not self._stop.over():
            sent = self._send(instant_ms, emissions)
            next_ms = instant_ms + HISTORY_TICK_MS
            emissions = self._emissions(next_ms)  # while the readers are at work
            self._settle(instant_ms, sent)
            self.played.history_ticks += 1
            if next_ms // HOUR_MS != instant_ms // HOUR_MS:
                on_hour(time_line.hours_until(next_ms))
            instant_ms = next_ms
        self.played.history_s += self._monotonic_s() - began_s

    def _is_over(self, instant_ms: int, time_line: TimeLine) -> bool:
        if time_line.end_ms is not None:
            return instant_ms >= time_line.end_ms
        return instant_ms > self._clock.now_ms()

    def play_live(self) -> None:
        """Ticks every second of real time; a second that comes too late is left out."""
        began_s = self._monotonic_s()
        while not self._stop.over():
            instant_ms = max(self._clock.now_ms(), (self.played.last_ms or 0) + 1)
            self._settle(instant_ms, self._send(instant_ms, self._emissions(instant_ms)))
            self.played.live_ticks += 1
            gone = (self._monotonic_s() - began_s) // _LIVE_TICK_S
            self._stop.sleep_until(began_s + (gone + 1) * _LIVE_TICK_S)

    def hold(self) -> None:
        """Keeps the ports open, feeding nothing, until a stop is requested."""
        while not self._stop.requested:
            self._do_chores()
            time.sleep(_LONGEST_SLEEP_S)

    def _emissions(self, instant_ms: int) -> Sent:
        return [
            (terminal, emission)
            for emit, terminal in self._lines
            if (emission := emit(instant_ms)) is not None
        ]

    def _send(self, instant_ms: int, emissions: Sent) -> Sent:
        self._note(instant_ms)
        self._set_clock(instant_ms)
        if self._aside:
            emissions = [line for line in emissions if line[0] not in self._aside]
        for terminal, emission in emissions:
            terminal.send(emission.data)
        return emissions

    def _set_clock(self, instant_ms: int) -> None:
        """Shows the instant; a clock that is wrong leaps to its error, or drifts into it."""
        wrong_ms = self._wrong_by_ms(instant_ms)
        if abs(wrong_ms - self._wrong_ms) >= _LEAP_MS:
            self._hand.correct(wrong_ms - self._wrong_ms)
        self._wrong_ms = wrong_ms
        self._hand.set_ms(instant_ms + wrong_ms)

    def _note(self, instant_ms: int) -> None:
        if self.played.first_ms is None:
            self.played.first_ms = instant_ms
        self.played.last_ms = instant_ms

    def _settle(self, instant_ms: int, sent: Sent) -> None:
        """Waits for the readers, then enters what they took into the record."""
        left = self._await_readers()
        for terminal, emission in sent:
            if left and terminal in left:
                continue
            for levels in emission.counted:
                self._record.add(terminal.sensor_id, instant_ms + self._wrong_ms, levels)
                self.played.frames += 1
        if self._monotonic_s() >= self._chores_at_s:
            self._do_chores()

    def _await_readers(self) -> list[PseudoTerminal]:
        any_unread = self._watch.any_unread
        began_s = self._monotonic_s()
        turns = count()
        while any_unread():
            now_s = self._monotonic_s()
            if now_s >= self._patience_end_s(began_s):
                return self._give_up(now_s - began_s)
            if now_s >= self._chores_at_s:
                self._do_chores()
            _pause(next(turns))
        return []

    def _patience_end_s(self, began_s: float) -> float:
        return min(began_s + self._stall_s, self._stop.requested_at_s + _STOP_GRACE_S)

    def _give_up(self, waited_s: float) -> list[PseudoTerminal]:
        """Takes back what was not read and leaves those ports out until their reader is back."""
        left = self._watch.unread()
        for terminal in left:
            terminal.discard_unread()
            if not self._stop.requested:
                self._set_aside(terminal, waited_s)
        return left

    def _set_aside(self, terminal: PseudoTerminal, waited_s: float) -> None:
        terminal.send_probe()
        self._watch.set_aside(terminal)
        self._aside.append(terminal)
        self._log.warning(
            "reader_gone", sensor=terminal.sensor_id, waited_s=round(waited_s, 3), feeding=False
        )

    def _do_chores(self) -> None:
        self._chores_at_s = self._monotonic_s() + _CHORES_EVERY_S
        self._record.flush()
        for terminal in self._terminals:
            terminal.discard_replies()
        for terminal in [terminal for terminal in self._aside if not has_unread(terminal)]:
            self._aside.remove(terminal)
            self._watch.take_back(terminal)
            self._log.info("reader_back", sensor=terminal.sensor_id, feeding=True)


def _pause(turn: int) -> None:
    if turn < _TURNS_WITHOUT_NAP:
        os.sched_yield()
    else:
        time.sleep(_NAP_S)
