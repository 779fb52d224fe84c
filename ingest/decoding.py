"""Payloads to readings: what is right is kept, what is wrong is refused reading by reading.

A whole message is refused only where no reading can be told apart in it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec
import numpy as np

from dust.wire import (
    MAX_READINGS,
    VERSION,
    Batch,
    Identifier,
    WireReading,
    gateway_of,
    is_identifier,
)
from ingest.reading_columns import ReadingColumns, ReceivedReading
from ingest.reading_faults import EARLIEST_MS, Fault, fault_of, suspects
from ingest.rejection import Reason, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.reading_columns import Reading

__all__ = ["EARLIEST_MS", "DecodedMessage", "Decoder"]

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
"""As everybody writes it; the other spellings that Python reads are not PostgreSQL's."""
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_AT_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


class _ReceivedBatch(msgspec.Struct, forbid_unknown_fields=True):
    """A `wire.Batch` read in one go, where nothing in it is wrong."""

    v: int
    gateway: Identifier
    spool: str
    readings: list[ReceivedReading]


@dataclass(slots=True)
class DecodedMessage:
    """What one payload holds: readings that may be stored, and what was refused.

    `is_partial`: its readings have a part of their sensor's quantities, others come apart.
    """

    gateway: str
    spool: str | None = None
    readings: list[Reading] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    is_partial: bool = False


class Decoded(NamedTuple):
    """Messages in their order, and the columns of all their readings in the same order."""

    messages: list[DecodedMessage]
    columns: ReadingColumns


class Decoder:
    """Decodes payloads against an instant; keeps its compiled decoders."""

    def __init__(self, ahead_tolerance_s: float) -> None:
        self._ahead_ms = round(ahead_tolerance_s * 1000)
        self._whole = msgspec.json.Decoder(_ReceivedBatch)
        self._batch = msgspec.json.Decoder(Batch)
        self._raw = msgspec.json.Decoder(list[msgspec.Raw])
        self._one = msgspec.json.Decoder(WireReading)

    def decode_all(self, messages: Sequence[tuple[str, bytes]], now_ms: int) -> Decoded:
        """All of (topic, payload) at once: what looks right is judged in columns.

        Any message with something doubtful in it is decoded alone, so both ways say the same.
        """
        decoded: list[DecodedMessage] = []
        for topic, payload in messages:
            quick = self._quick(topic, payload)
            decoded.append(self.decode(topic, payload, now_ms) if quick is None else quick)
        columns = _columns_of(decoded)
        doubtful = self._doubtful(decoded, columns, now_ms)
        for place in doubtful:
            decoded[place] = self.decode(*messages[place], now_ms)
        return Decoded(decoded, _columns_of(decoded) if doubtful else columns)

    def decode(self, topic: str, payload: bytes, now_ms: int) -> DecodedMessage:
        """The readings of `payload`; never raises for what somebody sent."""
        message = DecodedMessage(gateway_of(topic))
        try:
            batch = self._read_batch(payload)
        except msgspec.ValidationError as error:
            message.rejections.append(_refuse(message, topic, payload, Reason.MALFORMED, error))
            return message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            message.rejections.append(_refuse(message, topic, payload, Reason.NOT_JSON, error))
            return message
        fault = _batch_fault(batch.v, batch.gateway, batch.spool, message.gateway)
        if fault is not None:
            message.rejections.append(_faulty(message, topic, payload, None, fault))
            return message
        message.spool = batch.spool
        self._read_one_by_one(message, topic, payload, batch.readings, now_ms)
        return message

    def _quick(self, topic: str, payload: bytes) -> DecodedMessage | None:
        """The message, where nothing in its form is wrong; its readings are not judged yet."""
        try:
            batch = self._whole.decode(payload)
        except _UNREADABLE:
            return None
        gateway = gateway_of(topic)
        if not 0 < len(batch.readings) <= MAX_READINGS:
            return None
        if _batch_fault(batch.v, batch.gateway, batch.spool, gateway) is not None:
            return None
        return DecodedMessage(gateway, batch.spool, cast("list[Reading]", batch.readings))

    def _doubtful(
        self, decoded: list[DecodedMessage], columns: ReadingColumns, now_ms: int
    ) -> list[int]:
        """The places of quickly read messages with a reading that may have a fault."""
        bad = suspects(columns, now_ms + self._ahead_ms)
        codes = [reading.sensor for message in decoded for reading in message.readings]
        odd = {code for code in set(codes) if not is_identifier(code)}
        if odd:
            bad |= np.fromiter((code in odd for code in codes), np.bool_, len(codes))
        if not bad.any():
            return []
        owners = np.repeat(np.arange(len(decoded)), [len(each.readings) for each in decoded])
        return [int(place) for place in np.unique(owners[bad])]

    def _read_batch(self, payload: bytes) -> Batch:
        try:
            return self._batch.decode(payload)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            # NaN and Infinity are no JSON, yet many libraries write them. Read leniently, so that
            # such a value costs its own reading and not the whole message.
            lenient = json.loads(payload)
            readings = lenient.pop("readings", None) if isinstance(lenient, dict) else None
            batch = msgspec.convert(
                lenient | {"readings": msgspec.Raw(b"[]")}
                if isinstance(lenient, dict)
                else lenient,
                Batch,
            )
            batch.readings = msgspec.Raw(json.dumps(readings).encode())
            return batch

    def _read_one_by_one(
        self, message: DecodedMessage, topic: str, payload: bytes, raw: msgspec.Raw, now_ms: int
    ) -> None:
        items = _split(self._raw, raw)
        if items is None:
            error = "Expected `array` - at `$.readings`"
            message.rejections.append(_refuse(message, topic, payload, Reason.MALFORMED, error))
            return
        if len(items) > MAX_READINGS:
            message.rejections.append(_too_many(message, topic, payload, len(items)))
            return
        for item in items:
            try:
                reading = self._one.decode(item)
            except _UNREADABLE as error:
                message.rejections.append(_refuse_item(message, topic, item, error))
            else:
                self._accept(message, topic, reading, item, now_ms)

    def _accept(
        self,
        message: DecodedMessage,
        topic: str,
        reading: WireReading,
        item: bytes,
        now_ms: int,
    ) -> None:
        fault = fault_of(reading, now_ms + self._ahead_ms)
        if fault is None:
            message.readings.append(reading)
        else:
            message.rejections.append(_faulty(message, topic, item, reading.seq, fault))


def _columns_of(decoded: list[DecodedMessage]) -> ReadingColumns:
    return ReadingColumns.of([reading for message in decoded for reading in message.readings])


def _batch_fault(version: int, gateway: str, spool: str, of_topic: str) -> Fault | None:
    if version != VERSION:
        return Fault(Reason.UNSUPPORTED_VERSION, "v", str(version), str(VERSION))
    if gateway != of_topic:
        return Fault(Reason.GATEWAY_MISMATCH, "gateway", gateway, f"the topic's: {of_topic}")
    if not _UUID.fullmatch(spool):
        return Fault(Reason.MALFORMED, "spool", Rejection.shown(spool), "a UUID")
    return None


def _faulty(
    message: DecodedMessage, topic: str, payload: bytes, seq: int | None, fault: Fault
) -> Rejection:
    return Rejection(
        fault.reason,
        topic,
        message.gateway,
        payload,
        message.spool,
        seq,
        fault.field,
        Rejection.shown(fault.value),
        fault.allowed,
    )


def _split(
    decoder: msgspec.json.Decoder[list[msgspec.Raw]], raw: msgspec.Raw
) -> list[bytes] | None:
    try:
        return [bytes(item) for item in decoder.decode(raw)]
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError:
        pass
    try:
        lenient = json.loads(bytes(raw))
        return [json.dumps(item).encode() for item in lenient] if type(lenient) is list else None
    except (ValueError, RecursionError):
        return None


def _too_many(message: DecodedMessage, topic: str, payload: bytes, count: int) -> Rejection:
    return Rejection(
        Reason.TOO_MANY_READINGS,
        topic,
        message.gateway,
        payload,
        message.spool,
        field="readings",
        value=f"{count} readings",
        allowed=f"at most {MAX_READINGS}",
    )


def _refuse(
    message: DecodedMessage, topic: str, payload: bytes, reason: Reason, error: object
) -> Rejection:
    parts = _AT_PATH.match(str(error))
    path = parts["path"] if parts else None
    return Rejection(
        reason,
        topic,
        message.gateway,
        payload,
        message.spool,
        field=Rejection.shown(path or "payload"),
        value=Rejection.shown(payload),
        allowed=Rejection.shown(parts["what"] if parts else error),
    )


def _refuse_item(message: DecodedMessage, topic: str, item: bytes, error: Exception) -> Rejection:
    try:
        content: Any = json.loads(item.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        content = None
    known: dict[str, Any] = content if isinstance(content, dict) else {}
    bad = _not_finite(known)
    parts = _AT_PATH.match(str(error))
    name: str = bad or (parts["path"] if parts and parts["path"] else "reading")
    seq = known.get("seq")
    return Rejection(
        Reason.NOT_FINITE if bad else Reason.MALFORMED,
        topic,
        message.gateway,
        item,
        message.spool,
        seq if type(seq) is int and 0 <= seq < 2**63 - 1 else None,  # True is an int as well
        Rejection.shown(name),
        Rejection.shown(known.get(name, item.decode("utf-8", "replace"))),
        "a finite number" if bad else Rejection.shown(parts["what"] if parts else error),
    )


def _not_finite(content: dict[str, Any]) -> str | None:
    return next(
        (
            name
            for name, value in content.items()
            if isinstance(value, float) and not math.isfinite(value)
        ),
        None,
    )
