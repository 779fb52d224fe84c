"""A publisher as bare as they come: MQTT 3.1.1, QoS 1, no session, nothing is ever sent again.

What the broker has acknowledged here, the broker alone must carry. It respects no window: it sends
as fast as the socket takes it, which a client library does not.
"""

from __future__ import annotations

import select
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fixtures.broker import Mosquitto

_CHUNK_BYTES = 65_536
_MESSAGE_NUMBERS = 65_535
_PATIENCE_S = 30.0
_PUBACK_BYTES = 4


class RawPublisher:
    """Connected while its context lasts; `acknowledged` counts the messages the broker has."""

    def __init__(self, broker: Mosquitto, client_id: str) -> None:
        self._address = (broker.host, broker.port)
        self._client_id = client_id.encode()
        self._socket: socket.socket | None = None
        self._sent = 0
        self._answers = b""
        self.acknowledged = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_connection(self._address, _PATIENCE_S)
        head = _text(b"MQTT") + b"\x04\x02" + struct.pack(">H", 0)  # clean session, no keep-alive
        self._socket.sendall(_packet(0x10, head + _text(self._client_id)))
        answer = self._socket.recv(4)
        assert b"\x20\x02\x00\x00" == answer, f"the broker lets nobody in: {answer!r}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendall(b"\xe0\x00")
            self._socket.close()
            self._socket = None

    def publish(self, topic: str, payloads: Iterable[bytes], *, retain: bool = False) -> None:
        """Returns when the broker has acknowledged all of them.

        Raises `ConnectionError` when it goes away before; `acknowledged` then counts the first so
        many of all that was ever published here.
        """
        name = _text(topic.encode())
        packets = [self._publish_packet(name, payload, retain) for payload in payloads]
        self._send(b"".join(packets))

    def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """The same for messages of many topics, in this order."""
        self._send(
            b"".join(
                self._publish_packet(_text(topic.encode()), payload, retain=False)
                for topic, payload in messages
            )
        )

    def _publish_packet(self, name: bytes, payload: bytes, retain: bool) -> bytes:  # noqa: FBT001  (private)
        number = self._sent % _MESSAGE_NUMBERS + 1
        self._sent += 1
        return _packet(0x33 if retain else 0x32, name + struct.pack(">H", number) + payload)

    def _send(self, data: bytes) -> None:
        assert self._socket is not None, "not connected"
        left = memoryview(data)
        while left or self.acknowledged < self._sent:
            writing = [self._socket] if left else []
            readable, writable, _ = select.select([self._socket], writing, [], _PATIENCE_S)
            if not readable and not writable:
                raise TimeoutError(f"{self._sent - self.acknowledged} messages not acknowledged")
            if readable:
                self._read_answers()
            if writable:
                left = left[self._socket.send(left[:_CHUNK_BYTES]) :]

    def _read_answers(self) -> None:
        assert self._socket is not None
        received = self._socket.recv(_CHUNK_BYTES)
        if not received:
            raise ConnectionResetError("the broker has hung up")
        self._answers += received
        whole = len(self._answers) // _PUBACK_BYTES
        self._answers = self._answers[whole * _PUBACK_BYTES :]
        self.acknowledged += whole


def _text(value: bytes) -> bytes:
    return struct.pack(">H", len(value)) + value


def _packet(kind: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)[0], left % 128
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + length + body
