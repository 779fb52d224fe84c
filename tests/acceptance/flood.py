"""A gateway gone mad: its readings as fast as the broker takes them, receipts or not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from acceptance.made_readings import EVERY_MS, T0_MS
from acceptance.raw_publisher import RawPublisher
from fixtures.ports import wait_until

from dust import wire

if TYPE_CHECKING:
    from acceptance.rig import Rig

_READINGS = 100
"""In a message; of single readings a broker passes fewer on than a worker can write."""
_CHUNK = 25
_KEPT_WAITING = 50_000
_ONE_SPOOL = "SELECT coalesce(upper(received), 1) - 1 FROM spools WHERE gateway = '{}'"


class Flood:
    """First a burst, then, while its context lasts, so much that a worker always has some in hand.

    More than that would only lie in the broker, in whose one queue the others' messages would have
    to wait behind it, whatever a worker does.
    """

    def __init__(self, rig: Rig, name: str, burst: int) -> None:
        self._rig = rig
        self._name = name
        self._burst = burst
        (sound,) = rig.payloads(name, range(1, 2))
        self._head, item = sound.removesuffix(b"]}").split(b"[")
        self._head += b"["
        self._item = item.replace(b'"seq":1,"t":%d' % (T0_MS + EVERY_MS), b'"seq":%d,"t":%d')
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._failure: BaseException | None = None
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._rig.sent[self._name] = range(1, self.sent + 1)
        if self._failure is not None:
            raise self._failure

    def wait_for_the_burst(self) -> None:
        """Wait until the broker has all of it."""
        wait_until(lambda: self.sent >= self._burst or self._failure is not None, "the burst")

    def _run(self) -> None:
        try:
            with RawPublisher(self._rig.broker, self._name) as publisher:
                while not self._over.is_set():
                    if self.sent < self._burst or self._is_nearly_stored():
                        self._send(publisher)
        except BaseException as error:  # noqa: BLE001  (raised again where the context ends)
            self._failure = error

    def _send(self, publisher: RawPublisher) -> None:
        topic = wire.readings_topic(self._name)
        starts = [self.sent + 1 + each * _READINGS for each in range(_CHUNK)]
        publisher.publish(topic, [self._message(first) for first in starts])
        self.sent += _CHUNK * _READINGS

    def _message(self, first: int) -> bytes:
        """Filled in by hand, so that the broker is the slowest of the two."""
        items = [
            self._item % (seq, T0_MS + seq * EVERY_MS) for seq in range(first, first + _READINGS)
        ]
        return self._head + b",".join(items) + b"]}"

    def _is_nearly_stored(self) -> bool:
        stored = self._rig.ask(_ONE_SPOOL.format(self._name))
        return bool(stored) and self.sent - int(stored[0][0]) < _KEPT_WAITING
