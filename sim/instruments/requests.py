"""Whole requests out of the bytes that a host wrote, split anywhere and perhaps with noise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sim.frames.checks import byte_sum, modbus_crc
from sim.frames.sensirion import FLAG

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT_AT = 1
_UNCOUNTED = 3  # head, count, check

Taker = Callable[[bytearray], bytes | None]
"""Takes the next whole request out of what was heard; None while there is none."""


def requests_in(heard: bytearray, take: Taker) -> Iterator[bytes]:
    """Every whole request; what may still become one stays in `heard`."""
    while (request := take(heard)) is not None:
        yield request


def fixed(head: bytes, length: int, valid: Callable[[bytes], bool]) -> Taker:
    """Requests of one length behind a head; what is not valid loses one byte and is tried again."""
    return partial(_take, head=head, length_of=lambda _: length, valid=valid)


def counted(head: int, most: int) -> Taker:
    """A head, the number of bytes up to the check, at most `most` of them, and the check.

    The check is left to the instrument, because some answer a wrong one.
    """
    return partial(
        _take,
        head=bytes((head,)),
        length_of=lambda heard: _counted_length(heard, most),
        valid=lambda request: request[1] + _UNCOUNTED == len(request),
    )


def take_flagged(heard: bytearray) -> bytes | None:
    """What stands between two SHDLC flags, still stuffed; a closing flag may open the next."""
    while (start := heard.find(FLAG)) >= 0:
        del heard[:start]
        end = heard.find(FLAG, 1)
        if end < 0:
            return None
        content = bytes(heard[1:end])
        del heard[:end]
        if content:
            return content
    heard.clear()
    return None


def sum16_is_right(request: bytes) -> bool:
    return sum(request[:-2]) & 0xFFFF == int.from_bytes(request[-2:], "big")


def sums_to_zero(request: bytes) -> bool:
    return byte_sum(request) == 0


def modbus_crc_is_right(request: bytes) -> bool:
    return modbus_crc(request[:-2]) == request[-2:]


def _counted_length(heard: bytearray, most: int) -> int | None:
    """The length of a request; a count that none has is not waited for."""
    if len(heard) < _COUNT_AT + 1:
        return None
    count = heard[_COUNT_AT]
    return count + _UNCOUNTED if 1 <= count <= most else _COUNT_AT + 1


def _take(
    heard: bytearray,
    head: bytes,
    length_of: Callable[[bytearray], int | None],
    valid: Callable[[bytes], bool],
) -> bytes | None:
    while heard:
        if not (heard.startswith(head) or head.startswith(heard)):
            del heard[0]
            continue
        length = length_of(heard)
        if length is None or len(heard) < max(length, len(head)):
            return None
        request = bytes(heard[:length])
        if valid(request):
            del heard[:length]
            return request
        del heard[0]
    return None
