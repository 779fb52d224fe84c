"""The file sink: a scenario's readings as lines of the wire's form, or its frames as hex."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from sim.fleet import Fleet, Gateway, Made
    from sim.sensors import Sensor
    from sim.sent_record import SentRecord


class ReadingFile:
    """Writes readings in the order in which they would arrive: after an outage, late."""

    def __init__(self, file: TextIO) -> None:
        self.readings = 0
        self._file = file
        self._numbers: Counter[str] = Counter()
        self._held: dict[str, deque[str]] = {}

    def write(
        self, fleet: Fleet, instants: Iterable[int], on_instant: Callable[[int], None]
    ) -> None:
        for number, instant_ms in enumerate(instants, start=1):
            for gateway in fleet.gateways:
                self._write_or_hold(gateway, instant_ms)
            on_instant(number)
        for gateway in fleet.gateways:
            self._release(gateway.name)

    def _write_or_hold(self, gateway: Gateway, instant_ms: int) -> None:
        held = self._held.setdefault(gateway.name, deque())
        held.extend(self._line(gateway.name, made) for made in gateway.readings(instant_ms))
        if not gateway.cut_off.holds(instant_ms):
            self._release(gateway.name)

    def _line(self, gateway: str, made: Made) -> str:
        self.readings += 1
        self._numbers[gateway] += 1
        head = f'{{"seq":{self._numbers[gateway]},"t":{made.t_ms},'
        return head + made.body[1:].decode() + "\n"

    def _release(self, gateway: str) -> None:
        held = self._held.get(gateway, deque())
        while held:
            self._file.write(held.popleft())


@dataclass(slots=True)
class Written:
    """Lines of bytes that were written, and the frames in them that must count."""

    lines: int = 0
    frames: int = 0


def write_frames(
    sensors: Sequence[Sensor],
    instants: Iterable[int],
    file: TextIO,
    record: SentRecord | None,
    on_instant: Callable[[int], None],
) -> Written:
    """Writes `sensor,instant_ms,hex` for all that comes down the lines."""
    written = Written()
    for number, instant_ms in enumerate(instants, start=1):
        for sensor in sensors:
            sent = sensor.emission(instant_ms)
            if sent is None:
                continue
            file.write(f"{sensor.id},{instant_ms},{sent.data.hex().upper()}\n")
            written.lines += 1
            written.frames += len(sent.counted)
            if record is not None:
                for levels in sent.counted:
                    record.add(sensor.id, instant_ms, levels)
        on_instant(number)
    return written
