"""What speaks on a serial port: listens at each plausible line setting, then asks.

It counts whole valid frames of every model that is known. Several models share one shape of frame
with different insides, so what is found is always a list of candidates and never one answer.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from firmware_bridge.errors import FrameError, PortUnavailable
from firmware_bridge.framing import FrameStream
from firmware_bridge.port import SerialPort
from firmware_bridge.ports import PERMISSION_CURE, resolve, users_of
from firmware_bridge.questions import LineSetting, Question, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from firmware_bridge.sensors.base import Decoded, SensorModel

LINES: Final = (
    LineSetting(9600, "N"),
    LineSetting(9600, "E"),
    LineSetting(115_200, "N"),
    LineSetting(115_200, "E"),
    LineSetting(4800, "N"),
    LineSetting(19_200, "N"),
)
DUMP_BYTES: Final = 256
"""So many of the first bytes of a line are kept to be shown."""

_HELD: Final = (errno.EAGAIN, errno.EBUSY)  # locked, by a program that this user may not see
_POLL_S: Final = 0.2
_ENOUGH_FRAMES: Final = 2  # a single one may be noise that fits: go on listening elsewhere


class Candidate:
    """One model's view of the bytes."""

    def __init__(self, model: SensorModel) -> None:
        self.model = model
        self.frames = 0
        self.data_frames = 0
        self.last: Decoded | None = None
        self._stream = FrameStream(model.frame_format)

    def feed(self, chunk: bytes) -> None:
        for frame in self._stream.feed(chunk):
            try:
                self._take(self.model.decode(frame))
            except FrameError:
                continue

    def _take(self, decoded: Decoded) -> None:
        if "acknowledged" in decoded:
            return  # two bytes without a check sum (Honeywell): noise makes them
        # What has no values of its own (Modbus, BAM) gets them from its configuration.
        is_data = self.model.is_data(decoded) or not (self.model.values or self.model.weather)
        self.frames += 1
        self.data_frames += is_data
        if is_data or not self.data_frames:
            self.last = decoded


@dataclass
class Heard:
    """What came at one line setting."""

    line: LineSetting
    candidates: list[Candidate]
    asked: list[Question] = field(default_factory=list)
    received_bytes: int = 0
    first_bytes: bytes = b""
    echoes: bool = False
    """What was asked came back: the sending wire leads into the receiving one."""
    lacks_parity: bool = False
    """The port cannot do the parity (the small UART of a Raspberry Pi): heard without it."""

    @property
    def frames(self) -> int:
        return max((candidate.frames for candidate in self.candidates), default=0)

    def found(self) -> list[Candidate]:
        """The models whose frames came; those with most data first."""
        found = [candidate for candidate in self.candidates if candidate.frames]
        return sorted(found, key=lambda c: (c.data_frames, c.frames), reverse=True)

    def take(self, chunk: bytes) -> None:
        self.received_bytes += len(chunk)
        self.first_bytes = (self.first_bytes + chunk)[:DUMP_BYTES]
        for candidate in self.candidates:
            candidate.feed(chunk)


class Probe:
    """One look at one port for the frames of `models`; `answer_s` overrides what questions say.

    Raises `PortUnavailable` with the cure where the port is not there, in use, or not permitted.
    """

    def __init__(
        self,
        name: str,
        models: Sequence[SensorModel],
        listen_s: float,
        answer_s: float | None = None,
    ) -> None:
        self._name = name
        self._models = models
        self._listen_s = listen_s
        self._elapsed_s = 0.0
        known = {model.identifier for model in models}
        self._questions = [
            question if answer_s is None else question._replace(answer_s=answer_s)
            for question in questions()
            if known & {*question.models}
        ]
        own = [LineSetting(model.baud, model.parity) for model in models]
        lines = (*(own if len(own) == 1 else ()), *LINES)
        self._heard = {line: Heard(line, [Candidate(m) for m in models]) for line in lines}

    @property
    def longest_s(self) -> float:
        asking_s = sum(question.answer_s for question in self._questions)
        return len(self._heard) * self._listen_s + asking_s

    def run(self, tell: Callable[[str, float], None]) -> list[Heard]:
        """Listen, and ask where nothing is heard; `tell` what is done and the seconds so far."""
        self._elapsed_s = 0.0
        if not self._listen(tell):
            self._ask(tell)
        return list(self._heard.values())

    def _listen(self, tell: Callable[[str, float], None]) -> bool:
        for line, heard in self._heard.items():
            with self._open(heard) as port:
                self._hear(port, heard, self._listen_s, lambda s: tell(f"listening at {line}", s))  # noqa: B023  (called within the turn)
            if heard.frames >= _ENOUGH_FRAMES:
                return True
        return any(heard.frames for heard in self._heard.values())

    def _ask(self, tell: Callable[[str, float], None]) -> None:
        for line, heard in self._heard.items():
            asked = [question for question in self._questions if question.line == line]
            if not asked:
                continue
            with self._open(heard) as port:
                for question in asked:
                    self._put(port, heard, question, tell)
            if heard.frames:
                return

    def _put(
        self, port: SerialPort, heard: Heard, question: Question, tell: Callable[[str, float], None]
    ) -> None:
        port.write(question.data)
        heard.asked.append(question)
        said = f"asking at {heard.line}: {question.asks}"
        answer = self._hear(port, heard, question.answer_s, lambda s: tell(said, s))
        heard.echoes |= len(question.data) > 1 and question.data in answer

    def _hear(
        self, port: SerialPort, heard: Heard, for_s: float, tell: Callable[[float], None]
    ) -> bytes:
        ready = select.poll()
        ready.register(port.fileno(), select.POLLIN)
        begun_s, before_s = time.monotonic(), self._elapsed_s
        all_bytes = bytearray()
        while (left_s := begun_s + for_s - time.monotonic()) > 0:
            if ready.poll(min(left_s, _POLL_S) * 1000):
                chunk = port.read()
                heard.take(chunk)
                all_bytes += chunk
            tell(before_s + time.monotonic() - begun_s)
        self._elapsed_s = before_s + for_s
        return bytes(all_bytes)

    @contextmanager
    def _open(self, heard: Heard) -> Iterator[SerialPort]:
        refuse_what_is_not_free(self._name)
        port = self._with_parity(heard)
        try:
            yield port
        finally:
            port.close()

    def _with_parity(self, heard: Heard) -> SerialPort:
        model = replace(self._models[0], baud=heard.line.baud, parity=heard.line.parity)
        try:
            return SerialPort(self._name, model)
        except (PortUnavailable, termios.error) as error:
            if getattr(error.__cause__, "errno", None) in _HELD:
                raise _in_use(self._name, "another program") from error
            if heard.line.parity == "N":
                raise
        heard.lacks_parity = True
        return SerialPort(self._name, replace(model, parity="N"))


def refuse_what_is_not_free(name: str) -> None:
    """Raise `PortUnavailable` with the cure unless this user may open the port and nobody has."""
    path = resolve(name)
    if not Path(path).exists():
        raise PortUnavailable(
            f"port {name}: is not there; `dust bridge --list-ports` shows what is"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise PortUnavailable(f"port {name}: {PERMISSION_CURE}")
    if users := users_of(path):
        raise _in_use(name, ", ".join(users))


def _in_use(name: str, users: str) -> PortUnavailable:
    cure = "stop it first (the gateway: sudo systemctl stop dust-bridge)"
    return PortUnavailable(f"port {name}: is in use by {users}; {cure}")
