"""Nova SDS011 and SDS198: mode, identity and period live in flash (control protocol V1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.frames import encoder_of
from sim.frames.checks import byte_sum
from sim.frames.nova import reply
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered
from sim.instruments.requests import fixed

if TYPE_CHECKING:
    from sim.air import Air
    from sim.instruments.quirks import Quirks

_MODE, _QUERY, _IDENTITY, _WORK, _FIRMWARE, _PERIOD = 2, 4, 5, 6, 7, 8
_ACTIVE, _ASLEEP = 0, 0
_ANY_UNIT = 0xFFFF
_MOST = {_MODE: 1, _PERIOD: 30}  # active or query; minutes
_FIRMWARE_DATE = bytes((17, 8, 21))  # of the logged reply
_WARM_UP_S = 15.0  # airRohr's practice
_EVERY_S = 1.0
_READS_S = 30.0  # of each period


def _request_is_right(request: bytes) -> bool:
    return request[-1] == 0xAB and request[-2] == byte_sum(request[2:-2])  # noqa: PLR2004  (tail)


class Sds(Powered):
    """Sends each second, or once a period, or when asked; asleep it hears nothing but waking."""

    take = staticmethod(fixed(b"\xaa\xb4", 19, _request_is_right))

    def __init__(self, model: str, unit_id: int, quirks: Quirks) -> None:
        super().__init__(model, _WARM_UP_S)
        self._encode = encoder_of(model, unit_id)
        self.unit_id = unit_id
        self.mode = _ACTIVE
        self.period_min = 0
        self._odd_sleep_reply = quirks.odd_sleep_reply
        self._asleep = False
        self._beat = Beat(_EVERY_S)
        self._period_from_s = 0.0

    def _begin(self, now_s: float) -> None:
        self._asleep = False
        self._begin_reporting(now_s)

    def _obey(self, request: bytes, now_s: float) -> bytes:
        command, setting, value = request[2], bool(request[3]), request[4]
        wakes = command == _WORK and setting and value != _ASLEEP
        if int.from_bytes(request[15:17], "big") not in (self.unit_id, _ANY_UNIT):
            return b""
        if self._asleep and not wakes:
            return b""
        if command == _QUERY:
            return self._answer(now_s, lambda air: self._encode(air).data)
        if command == _IDENTITY:
            return self._rename(int.from_bytes(request[13:15], "big"))
        if command == _FIRMWARE:
            return reply(_FIRMWARE, _FIRMWARE_DATE, self.unit_id)
        return self._setting(command, value, now_s, setting=setting)

    def _unasked(self, now_s: float, air: Air) -> bytes:
        if self._asleep:
            return b""
        self._rest_between_periods(now_s)
        if self.mode != _ACTIVE or not self._beat.strikes(now_s):
            return b""
        return self._encode(self._seen(now_s, air)).data

    def _setting(self, command: int, value: int, now_s: float, *, setting: bool) -> bytes:
        if command == _WORK:
            return self._work(value, now_s, setting=setting)
        held = {_MODE: self.mode, _PERIOD: self.period_min}.get(command)
        if held is None or value > _MOST[command]:
            return b""
        if setting:
            self.flash_writes += 1
            self.mode = value if command == _MODE else self.mode
            self.period_min = value if command == _PERIOD else self.period_min
            held = value
            self._begin_reporting(now_s)
        return reply(command, bytes((setting, held, 0)), self.unit_id)

    def _work(self, value: int, now_s: float, *, setting: bool) -> bytes:
        if not setting:
            return reply(_WORK, bytes((0, 1, 0)), self.unit_id)  # asleep it would be silent
        answer = reply(_WORK, bytes((1, value, 0)), self.unit_id)
        if value == _ASLEEP:
            self._asleep = True
            self._fall_asleep()
            return answer[:-1] + b"\xff" if self._odd_sleep_reply else answer
        if self._asleep:
            self._asleep = False
            self._wake(now_s)
            self._begin_reporting(now_s)
        return answer

    def _rename(self, unit_id: int) -> bytes:
        self.flash_writes += 1
        self.unit_id = unit_id
        self._encode = encoder_of(self.model, unit_id)
        return reply(_IDENTITY, bytes(3), unit_id)

    def _begin_reporting(self, now_s: float) -> None:
        """Each second, or at the end of each period; a period begins with its rest."""
        self._period_from_s = now_s
        self._beat = Beat(self.period_min * 60 or _EVERY_S)
        self._beat.begin(now_s + self.period_min * 60)
        if not self.period_min and not self._lasing:
            self._wake(now_s)

    def _rest_between_periods(self, now_s: float) -> None:
        if not self.period_min:
            return
        within_s = (now_s - self._period_from_s) % (self.period_min * 60)
        works = within_s >= self.period_min * 60 - _READS_S
        if works and not self._lasing:
            self._wake(now_s)
        self._lasing = works
