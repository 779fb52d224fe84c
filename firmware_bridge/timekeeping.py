"""The time of readings on a machine whose clock may be wrong, jump, or not be known yet.

After a power cut a gateway without a battery clock starts in 1970, or at its last stop, until a
network tells it the time. Readings of that while are dated by the count since the machine started
and get their instant when the clock is known (docs/decisions/0014-time-on-the-gateway.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import structlog

from firmware_bridge.sampling import SMALL_STEP_MS

if TYPE_CHECKING:
    from dust.clock import Clock

EARLIEST_MS: Final = 1_704_067_200_000
"""1 January 2024 UTC: a clock that shows less has not been set."""

_ASKED_TOGETHER_MS: Final = 50
_TRIES: Final = 5


class Moment(NamedTuple):
    """Now, by both counts; `era` grows when the clock becomes known, is lost, or jumps."""

    since_boot_ms: int
    ahead_ms: int
    known: bool
    era: int

    @property
    def instant_ms(self) -> int:
        """Epoch milliseconds where the clock is known, else milliseconds since the start."""
        return self.since_boot_ms + self.ahead_ms if self.known else self.since_boot_ms


class Timekeeper:
    """Asks the clock, watches how far it is ahead of the count since the start, tells jumps."""

    def __init__(self, clock: Clock, known_when: Literal["plausible", "synchronised"]) -> None:
        self._clock = clock
        self._known_when = known_when
        self._was_synchronised = False
        self._last: Moment | None = None
        self.boot = clock.boot
        self.jumps = 0
        self.last_jump_ms: int | None = None

    def moment(self) -> Moment:
        """Now; a jump and the clock's becoming known are logged when they are first seen."""
        since_boot_ms, ahead_ms = self._ask()
        known = self._is_known(since_boot_ms + ahead_ms)
        last = self._last
        era = 0 if last is None else last.era
        if last is not None and (known != last.known or self._jumped(last, ahead_ms)):
            era += 1
            self._tell(last, ahead_ms, known=known)
        self._last = Moment(since_boot_ms, ahead_ms, known, era)
        return self._last

    def _ask(self) -> tuple[int, int]:
        """Both counts of one instant: again where the process was held up between them."""
        for _ in range(_TRIES):
            before_ms = self._clock.since_boot_ms()
            now_ms = self._clock.now_ms()
            since_boot_ms = self._clock.since_boot_ms()
            if since_boot_ms - before_ms < _ASKED_TOGETHER_MS:
                break
        return since_boot_ms, now_ms - since_boot_ms

    def _is_known(self, now_ms: int) -> bool:
        if now_ms < EARLIEST_MS:
            return False
        if self._known_when == "plausible" or self._was_synchronised:
            return True
        self._was_synchronised = self._clock.synchronised()
        return self._was_synchronised

    def _jumped(self, last: Moment, ahead_ms: int) -> bool:
        return last.known and abs(ahead_ms - last.ahead_ms) >= SMALL_STEP_MS

    def _tell(self, last: Moment, ahead_ms: int, *, known: bool) -> None:
        log = structlog.get_logger()
        if last.known:
            self.jumps += 1
            self.last_jump_ms = ahead_ms - last.ahead_ms
            log.warning("clock_jumped", by_ms=self.last_jump_ms, known=known)
        else:
            log.info("clock_is_known", ahead_of_start_ms=ahead_ms)
