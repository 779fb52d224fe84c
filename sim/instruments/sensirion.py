"""Sensirion SPS30: idle, measuring or asleep; a read between samples gives none (data sheet)."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sim.frames.checks import inverted_sum
from sim.frames.sensirion import READ, plain, reply, sps30
from sim.instruments.beat import Beat
from sim.instruments.instrument import Powered
from sim.instruments.requests import take_flagged

if TYPE_CHECKING:
    from collections.abc import Callable

_START, _STOP, _SLEEP, _WAKE, _CLEAN = 0x00, 0x01, 0x10, 0x11, 0x56
_AUTO_CLEAN, _INFORMATION, _VERSION, _STATUS, _RESET = 0x80, 0xD0, 0xD1, 0xD2, 0xD3
_WRONG_LENGTH, _UNKNOWN_COMMAND, _OUT_OF_RANGE, _NOT_IN_THIS_STATE = 0x01, 0x02, 0x28, 0x43
_OVERHEAD = 4  # address, command, length, check
_FLOATS = b"\x01\x03"
_WARM_UP_S = 30.0  # at low levels
_SAMPLE_S = 1.0
_CLEANS_S = 10.0
_LINE_AWAKE_S = 0.1
_WEEK_S = 604_800
_WRITES_INTERVAL_BYTES = 5


class Sps30(Powered):
    """Powers up idle, with laser and fan off; the interval of cleaning is in flash."""

    take = staticmethod(take_flagged)

    def __init__(self, model: str) -> None:
        super().__init__(model, _WARM_UP_S)
        self.auto_clean_s = _WEEK_S
        self.cleanings = 0
        self._asleep = False
        self._line_awake_until_s = -inf
        self._cleans_until_s = 0.0
        self._clean_due_s = 0.0
        self._sample = Beat(_SAMPLE_S)
        self._replies: dict[int, Callable[[bytes, float], bytes]] = {
            _START: self._start,
            _STOP: self._stop,
            READ: self._read,
            _SLEEP: self._sleep,
            _WAKE: self._wake_up,
            _CLEAN: self._clean,
            _AUTO_CLEAN: self._auto_clean,
            _INFORMATION: lambda _, __: reply(_INFORMATION, b"00080000\0"),
            _VERSION: lambda _, __: reply(_VERSION, bytes((2, 3, 0, 7, 0, 2, 0))),
            _STATUS: lambda _, __: reply(_STATUS, bytes(5)),
            _RESET: self._reset,
        }

    def hear(self, data: bytes, now_s: float) -> bytes:
        """Asleep the line is off: the first byte of all wakes it for a moment and is lost."""
        if self._asleep and now_s > self._line_awake_until_s:
            self._heard.clear()
            self._line_awake_until_s = now_s + _LINE_AWAKE_S
            data = data[1:]
        return super().hear(data, now_s)

    def _begin(self, now_s: float) -> None:  # noqa: ARG002  (idle at any time)
        self._asleep = False
        self._fall_asleep()

    def _obey(self, request: bytes, now_s: float) -> bytes:
        content = plain(request)
        if len(content) < _OVERHEAD or content[0] or content[-1] != inverted_sum(content[:-1]):
            return b""
        command, data = content[1], content[3:-1]
        if self._asleep and command != _WAKE:
            return b""
        if content[2] != len(data):
            return reply(command, state=_WRONG_LENGTH)
        if command not in self._replies:
            return reply(command, state=_UNKNOWN_COMMAND)
        return self._replies[command](data, now_s)

    def _start(self, data: bytes, now_s: float) -> bytes:
        if len(data) != len(_FLOATS):
            return reply(_START, state=_WRONG_LENGTH)
        if data != _FLOATS:
            return reply(_START, state=_OUT_OF_RANGE)
        if self._lasing:
            return reply(_START, state=_NOT_IN_THIS_STATE)
        self._wake(now_s)
        self._sample.begin(now_s + _SAMPLE_S)
        self._clean_due_s = now_s + self.auto_clean_s
        return reply(_START)

    def _stop(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        if not self._lasing:
            return reply(_STOP, state=_NOT_IN_THIS_STATE)
        self._fall_asleep()
        return reply(_STOP)

    def _read(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        if not self._lasing:
            return reply(READ, state=_NOT_IN_THIS_STATE)
        self._clean_when_due(now_s)
        if now_s < self._cleans_until_s or not self._sample.strikes(now_s):
            return reply(READ)
        return self._answer(now_s, lambda air: sps30(air).data)

    def _sleep(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        if self._lasing:
            return reply(_SLEEP, state=_NOT_IN_THIS_STATE)
        self._asleep = True
        self._line_awake_until_s = -inf
        return reply(_SLEEP)

    def _wake_up(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        if not self._asleep:
            return reply(_WAKE, state=_NOT_IN_THIS_STATE)
        self._asleep = False
        return reply(_WAKE)

    def _clean(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        if not self._lasing:
            return reply(_CLEAN, state=_NOT_IN_THIS_STATE)
        self._clean_fan(now_s)
        return reply(_CLEAN)

    def _auto_clean(self, data: bytes, now_s: float) -> bytes:
        if data in (b"", b"\0"):
            return reply(_AUTO_CLEAN, self.auto_clean_s.to_bytes(4, "big"))
        if len(data) != _WRITES_INTERVAL_BYTES:
            return reply(_AUTO_CLEAN, state=_WRONG_LENGTH)
        self.flash_writes += 1
        self.auto_clean_s = int.from_bytes(data[1:], "big")
        self._clean_due_s = now_s + self.auto_clean_s
        return reply(_AUTO_CLEAN)

    def _reset(self, data: bytes, now_s: float) -> bytes:  # noqa: ARG002  (as all commands)
        self._begin(now_s)
        return reply(_RESET)

    def _clean_when_due(self, now_s: float) -> None:
        if self.auto_clean_s and now_s >= self._clean_due_s:
            self._clean_fan(now_s)

    def _clean_fan(self, now_s: float) -> None:
        self.cleanings += 1
        self._cleans_until_s = now_s + _CLEANS_S
        self._clean_due_s = now_s + self.auto_clean_s
