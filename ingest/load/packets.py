"""MQTT 5 packets as bytes: what a gateway sends, made before the clock starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
_VERSION: Final = 5
_CLEAN_START: Final = 0x02
_RECEIVE_MAXIMUM: Final = 0x21
_CONTINUES: Final = 0x80


class Packet(NamedTuple):
    """One packet that came: its kind (MQTT 5, 2.1.2), its flags and all behind its length."""

    kind: int
    flags: int
    body: bytes


def connect(client_id: str) -> bytes:
    """A clean session that ends with its connection; no keep-alive."""
    body = _text("MQTT") + bytes([_VERSION, _CLEAN_START]) + b"\0\0" + b"\0" + _text(client_id)
    return b"\x10" + _length(len(body)) + body


def subscribe(topic: str) -> bytes:
    """At QoS 1, as packet 1."""
    body = b"\0\1" + b"\0" + _text(topic) + b"\x01"
    return b"\x82" + _length(len(body)) + body


def publish(topic: str, number: int, payload: bytes) -> bytes:
    """At QoS 1; `number` is the packet's identifier, 1 to 65,535."""
    head = _text(topic) + number.to_bytes(2) + b"\0"
    return b"\x32" + _length(len(head) + len(payload)) + head + payload


def acknowledge(number: bytes) -> bytes:
    return b"\x40\x02" + number


def disconnect() -> bytes:
    return b"\xe0\x00"


def reason_of(body: bytes) -> int:
    """The reason code of a CONNACK: 0 is welcome."""
    return body[1]


def publication(packet: Packet) -> tuple[bytes, bytes]:
    """Identifier (empty at QoS 0) and payload of a message that came."""
    at = 2 + int.from_bytes(packet.body[:2])
    number = b""
    if packet.flags & 0x06:
        number, at = packet.body[at : at + 2], at + 2
    size, at = _variable(packet.body, at) or (0, at)
    return number, packet.body[at + size :]


def received(buffer: bytearray) -> Iterator[Packet]:
    """Take every whole packet out of the front of `buffer`."""
    start = 0
    while len(buffer) - start > 1:
        length = _variable(buffer, start + 1)
        if length is None or length[1] + length[0] > len(buffer):
            break
        size, at = length
        yield Packet(buffer[start] >> 4, buffer[start] & 0x0F, bytes(buffer[at : at + size]))
        start = at + size
    del buffer[:start]


def _variable(content: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """A length of one to four bytes, and where it ends; None where it is not all there."""
    size = 0
    for place in range(4):
        if at + place >= len(content):
            return None
        byte = content[at + place]
        size |= (byte & ~_CONTINUES) << (7 * place)
        if not byte & _CONTINUES:
            return size, at + place + 1
    return None


def _length(size: int) -> bytes:
    found = bytearray()
    while size >= _CONTINUES:
        found.append(size % _CONTINUES | _CONTINUES)
        size //= _CONTINUES
    found.append(size)
    return bytes(found)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded
