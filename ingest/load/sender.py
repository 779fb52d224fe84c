"""The gateways: many connections in one process that sends what is spooled and hears receipts.

`python -m ingest.load.sender HOST PORT FILE` reads its batches from FILE (JSON), says `ready`, and
for each line `PART HOW WINDOW` on its standard input sends that part of them and says what came of
it (`Sent`, JSON). HOW is one of

- `receipts`: each gateway has at most WINDOW batches without a receipt, as a real one;
- `probe`: the same, and what has none within a second is sent again: nobody may be listening yet;
- `broker`: at most WINDOW that the broker has not acknowledged, receipts are not waited for;
- `paced`: WINDOW batches a second from all of them together, receipts are waited for at the end.
"""

from __future__ import annotations

import mmap
import os
import selectors
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from dust import wire
from dust.errors import DustError
from ingest.load import packets
from ingest.load.spooled import Batch, Spooled

if TYPE_CHECKING:
    from ingest.load.packets import Packet

_RECEIPT_WITHIN_S: Final = 20.0
"""As a real gateway: then the batch is sent again."""
_PROBED_EVERY_S: Final = 1.0
_LONGEST_PATIENCE_S: Final = 320.0
_ALL_WITHIN_S: Final = 3600.0
_READ_BYTES: Final = 1 << 18
_TURN_S: Final = 0.2


class Refused(DustError):  # noqa: N818  (named by what is wrong)
    """The broker does not let us in or hangs up."""


class Sent(msgspec.Struct):
    """What came of a part; instants are of the machine's monotonic clock, which processes share.

    `published_s` has, for each batch in the order of sending, gateway, last number and instant.
    """

    readings: int
    batches: int
    sent_again: int
    started_s: float
    ended_s: float
    processor_s: float
    receipt_after_s: list[float]
    published_s: list[tuple[int, int, float]]


class Gateway:
    """One connection; a batch stays in flight until its receipt (or PUBACK) is here."""

    def __init__(self, address: tuple[str, int], name: str) -> None:
        self._socket = socket.create_connection(address, timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._inbox = bytearray()
        self._outbox: deque[memoryview] = deque()
        self.unacknowledged = 0
        self.in_flight: dict[int, tuple[Batch, float, float]] = {}
        """By last number: the batch, when it was sent first, and when it is sent again."""
        self.waiting: deque[Batch] = deque()
        self.receipts: list[wire.Receipt] = []
        self._socket.sendall(packets.connect(name))
        self._await(packets.CONNACK)
        self._socket.sendall(packets.subscribe(wire.receipts_topic(name)))
        self._await(packets.SUBACK)
        self._socket.setblocking(False)  # noqa: FBT003  (the library's signature)

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def has_more_to_write(self) -> bool:
        return bool(self._outbox)

    def send(self, content: memoryview | bytes) -> None:
        self._outbox.append(memoryview(content))
        self.write()

    def write(self) -> None:
        """As much as the connection takes now."""
        while self._outbox:
            try:
                # Many small packets at once: else each would cost a call of its own.
                written = self._socket.sendmsg(list(self._outbox)[:64])
            except BlockingIOError:
                return
            while self._outbox and written >= len(self._outbox[0]):
                written -= len(self._outbox.popleft())
            if written:
                self._outbox[0] = self._outbox[0][written:]

    def read(self) -> None:
        """Take in what came: receipts are kept, and acknowledged."""
        content = self._socket.recv(_READ_BYTES)
        if not content:
            raise Refused("the broker has hung up")
        self._inbox += content
        for packet in packets.received(self._inbox):
            self._take(packet)

    def _take(self, packet: Packet) -> None:
        if packet.kind == packets.PUBACK:
            self.unacknowledged -= 1
        elif packet.kind == packets.PUBLISH:
            number, payload = packets.publication(packet)
            if number:
                self.send(packets.acknowledge(number))
            self.receipts.append(wire.decode_receipt(payload))

    def _await(self, kind: int) -> None:
        while True:
            content = self._socket.recv(_READ_BYTES)
            if not content:
                raise Refused("the broker has hung up")
            self._inbox += content
            for packet in packets.received(self._inbox):
                if packet.kind == packets.CONNACK and packets.reason_of(packet.body):
                    raise Refused(f"CONNACK {packets.reason_of(packet.body)}")
                if packet.kind == kind:
                    return


class Round:
    """One part on its way."""

    def __init__(
        self, gateways: list[Gateway], content: memoryview, how: str, window: float
    ) -> None:
        self._gateways = gateways
        self._content = content
        self._how = how
        self._window = window
        self._selector = selectors.DefaultSelector()
        for number, gateway in enumerate(gateways):
            self._selector.register(gateway, selectors.EVENT_READ, number)
        self._paced = 0
        self._patience_s = _PROBED_EVERY_S if how == "probe" else _RECEIPT_WITHIN_S
        self.sent = Sent(0, 0, 0, 0, 0, 0, [], [])

    def run(self, part: list[list[Batch]]) -> Sent:
        for gateway, batches in zip(self._gateways, part, strict=True):
            gateway.waiting.extend(batches)
            gateway.receipts.clear()
        sent = self.sent
        sent.batches = sum(map(len, part))
        sent.readings = sum(b.last - b.first + 1 for batches in part for b in batches)
        before_s, sent.started_s = _used_s(), time.monotonic()
        for number in range(len(self._gateways)):
            self._fill(number)
        self._turn_until_done()
        sent.ended_s, sent.processor_s = time.monotonic(), _used_s() - before_s
        self._selector.close()
        return sent

    def _turn_until_done(self) -> None:
        looked_s = time.monotonic()
        while not self._is_done():
            for key, events in self._selector.select(self._turn_s()):
                number: int = key.data
                if events & selectors.EVENT_READ:
                    self._hear(number)
                self._gateways[number].write()
                self._fill(number)
            if self._how == "paced":
                self._keep_pace()
            now_s = time.monotonic()
            if now_s - looked_s > _TURN_S:
                looked_s = now_s
                self._send_again(now_s)
            if now_s - self.sent.started_s > _ALL_WITHIN_S:
                raise Refused(f"not all receipts within {_ALL_WITHIN_S:g} s")

    def _turn_s(self) -> float:
        if self._how != "paced" or self._paced >= self.sent.batches:
            return _TURN_S
        return max(0.0, self._due_s() - time.monotonic())

    def _due_s(self) -> float:
        return self.sent.started_s + self._paced / self._window

    def _is_done(self) -> bool:
        if self._how == "broker":
            return all(not g.waiting and g.unacknowledged <= 0 for g in self._gateways)
        return all(not g.waiting and not g.in_flight for g in self._gateways)

    def _hear(self, number: int) -> None:
        gateway = self._gateways[number]
        gateway.read()
        if not gateway.receipts:
            return
        now_s = time.monotonic()
        ranges = [each for receipt in gateway.receipts for each in receipt.ranges]
        gateway.receipts.clear()
        for last in [last for last in gateway.in_flight if _covers(ranges, last)]:
            _, first_s, _ = gateway.in_flight.pop(last)
            self.sent.receipt_after_s.append(now_s - first_s)

    def _fill(self, number: int) -> None:
        gateway = self._gateways[number]
        if self._how in {"receipts", "probe"}:
            while gateway.waiting and len(gateway.in_flight) < self._window:
                self._send_next(number)
        elif self._how == "broker":
            while gateway.waiting and gateway.unacknowledged < self._window:
                self._send_next(number)
        self._watch(number)

    def _watch(self, number: int) -> None:
        gateway = self._gateways[number]
        events = selectors.EVENT_READ
        if gateway.has_more_to_write:
            events |= selectors.EVENT_WRITE
        if self._selector.get_key(gateway).events != events:
            self._selector.modify(gateway, events, number)

    def _keep_pace(self) -> None:
        while self._paced < self.sent.batches and time.monotonic() >= self._due_s():
            number = self._paced % len(self._gateways)
            self._paced += 1
            self._send_next(number)
            self._watch(number)

    def _send_next(self, number: int) -> None:
        gateway = self._gateways[number]
        batch = gateway.waiting.popleft()
        now_s = time.monotonic()
        if self._how != "broker":
            gateway.in_flight[batch.last] = (batch, now_s, now_s + self._patience_s)
            self.sent.published_s.append((number, batch.last, now_s))
        gateway.unacknowledged += 1
        gateway.send(self._content[batch.offset : batch.offset + batch.length])

    def _send_again(self, now_s: float) -> None:
        for number, gateway in enumerate(self._gateways):
            for last, (batch, first_s, due_s) in list(gateway.in_flight.items()):
                if now_s > due_s and not gateway.has_more_to_write:
                    # Longer each time, as a real gateway does.
                    patience_s = min(2 * (due_s - first_s), _LONGEST_PATIENCE_S)
                    gateway.in_flight[last] = (batch, first_s, now_s + patience_s)
                    gateway.unacknowledged += 1
                    self.sent.sent_again += 1
                    gateway.send(self._content[batch.offset : batch.offset + batch.length])
            self._watch(number)


def _covers(ranges: list[tuple[int, int]], number: int) -> bool:
    """A batch is committed whole, so its last number speaks for all of it."""
    return any(first <= number <= last for first, last in ranges)


def _used_s() -> float:
    times = os.times()
    return times.user + times.system


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """All gateways of a file, in a process of their own."""
    host, port, file = sys.argv[1:]
    spooled = msgspec.json.decode(Path(file).read_bytes(), type=Spooled)
    names = [spooled.layout.gateway(number) for number in range(spooled.layout.gateways)]
    gateways = [Gateway((host, int(port)), name) for name in names]
    with Path(spooled.path).open("rb") as packed:
        content = memoryview(mmap.mmap(packed.fileno(), 0, access=mmap.ACCESS_READ))
        _say("ready")
        for line in sys.stdin:
            part, how, window = line.split()
            sent = Round(gateways, content, how, float(window)).run(spooled.parts[int(part)])
            _say(msgspec.json.encode(sent).decode())


if __name__ == "__main__":
    main()
