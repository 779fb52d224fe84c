"""From a row of quarantine back to a message: decoded by the decoder that refused it.

A refused reading is put back into a message of its own; a refused message is taken as it came; a
foreign device's message goes to the foreign decoders with the instant at which it first came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from dust.clock import epoch_ms
from dust.wire import VERSION, readings_topic
from ingest.decoding import DecodedMessage

if TYPE_CHECKING:
    from ingest.decoding import Decoder
    from ingest.quarantine.rows import QuarantineRow

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ForeignDecoder(Protocol):
    """What decodes messages of foreign devices."""

    def matches(self, topic: str) -> bool:
        """Whether a message on this topic is for `replayed`."""
        ...

    def replayed(self, topic: str, payload: bytes, first_ms: int) -> DecodedMessage:
        """The readings of a message, or the refused reading, that came at `first_ms` (epoch)."""
        ...


class RowDecoder:
    """Decodes rows of quarantine; what neither decoder knows stays refused."""

    def __init__(self, ours: Decoder, foreign: ForeignDecoder | None = None) -> None:
        self._ours = ours
        self._foreign = foreign

    def can_decode(self, row: QuarantineRow) -> bool:
        return is_of_ours(row) or (self._foreign is not None and self._foreign.matches(row.topic))

    def decode(self, row: QuarantineRow, now_ms: int) -> DecodedMessage:
        """The message of a row as it is judged at `now_ms`."""
        if is_of_ours(row):
            payload = row.payload if is_whole(row) else _alone(row)
            return self._ours.decode(row.topic, payload, now_ms)
        if self._foreign is None or not self._foreign.matches(row.topic):
            return DecodedMessage(row.gateway)
        return self._foreign.replayed(row.topic, row.payload, epoch_ms(row.first_received_at))


def is_of_ours(row: QuarantineRow) -> bool:
    """Whether a gateway of ours sent it as readings."""
    return row.topic == readings_topic(row.gateway)


def is_whole(row: QuarantineRow) -> bool:
    """Whether a message was refused, not one reading of it."""
    if row.seq is not None:
        return False
    return row.spool is None or _has_readings(row.payload)


def _has_readings(payload: bytes) -> bool:
    try:
        return "readings" in _MEMBERS.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b'"readings"' in payload


def _alone(row: QuarantineRow) -> bytes:
    head = msgspec.json.encode({"v": VERSION, "gateway": row.gateway, "spool": row.spool})
    return head[:-1] + b',"readings":[' + row.payload + b"]}"
