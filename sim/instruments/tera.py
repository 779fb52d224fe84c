"""Tera NextPM: answers after more than 350 ms, often with its state alone (user guide)."""

from __future__ import annotations

from collections import deque
from statistics import fmean
from typing import TYPE_CHECKING

from sim.frames import tera
from sim.instruments.instrument import Powered
from sim.instruments.requests import fixed, sums_to_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.air import Air
    from sim.instruments.quirks import Quirks

_ASLEEP, _NOT_READY = 1 << 0, 1 << 2
_ERRORS = {"": 0, "fan": 1 << 5, "laser": 1 << 7}
_WINDOWS_S = {tera.MEAN_10_S: 10.0, tera.MEAN_60_S: 60.0, tera.MEAN_900_S: 900.0}
_DELAY_S = 0.36
_FIRST_DATA_S = 15.0
_FIRMWARE_NUMBER = 0x34  # of the guide's example


class NextPm(Powered):
    """The power command is a toggle; power brings it up awake, without data for 15 s."""

    take = staticmethod(fixed(bytes((tera.ADDRESS,)), 3, sums_to_zero))

    def __init__(self, model: str, quirks: Quirks) -> None:
        super().__init__(model)
        self._error = _ERRORS[quirks.broken]
        self._asleep = False
        self._history: deque[tuple[float, Air]] = deque()

    def state(self, now_s: float) -> int:
        """The state's bits, as every answer tells them."""
        if self._error:
            return self._error | _ASLEEP
        if self._asleep:
            return _ASLEEP
        return _NOT_READY if now_s - self._warming_from_s < _FIRST_DATA_S else 0

    def send(self, now_s: float, air: Air) -> bytes:
        if self._lasing:
            self._history.append((now_s, air))
            while self._history[0][0] <= now_s - _WINDOWS_S[tera.MEAN_900_S]:
                self._history.popleft()
        return super().send(now_s, air)

    def _begin(self, now_s: float) -> None:  # noqa: ARG002  (the same at any time)
        self._history.clear()
        self._asleep = False
        self._lasing = not self._error

    def _obey(self, request: bytes, now_s: float) -> bytes:
        if request[1] == tera.POWER and not self._error:
            self._toggle(now_s)
        reply = self._reply(request[1], self.state(now_s), now_s)
        return self._answer(now_s, reply, _DELAY_S) if reply else b""

    def _reply(self, command: int, state: int, now_s: float) -> Callable[[Air], bytes] | None:
        if self._error or (state and command not in (tera.POWER, tera.STATE)):
            return lambda _: tera.answer(tera.STATE, state)
        if command in _WINDOWS_S:
            return lambda air: tera.nextpm(self._mean(command, now_s, air), command).data
        if command == tera.CLIMATE:
            return tera.climate
        if command in (tera.POWER, tera.STATE):
            return lambda _: tera.answer(command, state)
        if command == tera.FIRMWARE:
            return lambda _: tera.answer(command, state, [_FIRMWARE_NUMBER])
        return None

    def _toggle(self, now_s: float) -> None:
        self._asleep = not self._asleep
        if not self._asleep:
            self._wake(now_s)
            return
        self._fall_asleep()
        self._history.clear()

    def _mean(self, command: int, now_s: float, air: Air) -> Air:
        """The mean of the command's window before the question."""
        since_s = now_s - _WINDOWS_S[command]
        airs = [past for told_s, past in self._history if since_s < told_s <= now_s]
        if not airs:
            return air
        return air._replace(
            pm1=fmean(past.pm1 for past in airs),
            pm25=fmean(past.pm25 for past in airs),
            pm10=fmean(past.pm10 for past in airs),
        )
