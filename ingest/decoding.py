"""Payloads to readings: what is right is kept, what is wrong is refused reading by reading.

A whole message is refused only where no reading can be told apart in it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from dust.clock import epoch_ms
from dust.readings import VALUE_FIELDS
from dust.wire import MAX_READINGS, VERSION, Batch, WireReading, gateway_of
from ingest.rejection import Reason, Rejection

EARLIEST_MS: Final = epoch_ms(datetime(2000, 1, 1, tzinfo=UTC))
"""Before this no gateway of this network measured; a clock that was never set says 1970."""
_LARGEST: Final = 1_000_000.0
_SMALLEST: Final = 1e-37  # nearer to zero the database's `real` has no number
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
"""As everybody writes it; the other spellings that Python reads are not PostgreSQL's."""
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_AT_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


@dataclass(slots=True)
class DecodedMessage:
    """What one payload holds: readings that may be stored, and what was refused."""

    gateway: str
    spool: str | None = None
    readings: list[WireReading] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


class Decoder:
    """Decodes payloads against an instant; keeps its compiled decoders."""

    def __init__(self, ahead_tolerance_s: float) -> None:
        self._ahead_ms = round(ahead_tolerance_s * 1000)
        self._batch = msgspec.json.Decoder(Batch)
        self._all = msgspec.json.Decoder(list[WireReading])
        self._raw = msgspec.json.Decoder(list[msgspec.Raw])
        self._one = msgspec.json.Decoder(WireReading)

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
        fault = _batch_fault(batch, message.gateway)
        if fault is not None:
            message.rejections.append(
                Rejection(
                    fault[0],
                    topic,
                    message.gateway,
                    payload,
                    field=fault[1],
                    value=fault[2],
                    allowed=fault[3],
                )
            )
            return message
        message.spool = batch.spool
        self._read_readings(message, topic, payload, batch.readings, now_ms)
        return message

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

    def _read_readings(
        self, message: DecodedMessage, topic: str, payload: bytes, raw: msgspec.Raw, now_ms: int
    ) -> None:
        try:
            readings = self._all.decode(raw)
        except _UNREADABLE:
            readings = []
        if 0 < len(readings) <= MAX_READINGS and not any(
            self._fault(reading, now_ms) for reading in readings
        ):
            message.readings = readings
            return
        self._read_one_by_one(message, topic, payload, raw, now_ms)

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
        fault = self._fault(reading, now_ms)
        if fault is None:
            message.readings.append(reading)
            return
        reason, name, value, allowed = fault
        message.rejections.append(
            Rejection(
                reason,
                topic,
                message.gateway,
                item,
                message.spool,
                reading.seq,
                name,
                Rejection.shown(value),
                allowed,
            )
        )

    def _fault(self, reading: WireReading, now_ms: int) -> _Fault | None:
        return (
            _time_fault(reading.t, now_ms + self._ahead_ms)
            or _value_fault(reading)
            or _extras_fault(reading.x)
        )


_Fault = tuple[Reason, str, str, str]


def _batch_fault(batch: Batch, gateway: str) -> _Fault | None:
    if batch.v != VERSION:
        return Reason.UNSUPPORTED_VERSION, "v", str(batch.v), str(VERSION)
    if batch.gateway != gateway:
        return Reason.GATEWAY_MISMATCH, "gateway", batch.gateway, f"the topic's: {gateway}"
    if not _UUID.fullmatch(batch.spool):
        return Reason.MALFORMED, "spool", Rejection.shown(batch.spool), "a UUID"
    return None


def _time_fault(instant_ms: int, latest_ms: int) -> _Fault | None:
    if instant_ms < EARLIEST_MS:
        return Reason.TIME_TOO_OLD, "t", str(instant_ms), f"{EARLIEST_MS} (2000-01-01) or later"
    if instant_ms > latest_ms:
        return (
            Reason.TIME_IN_FUTURE,
            "t",
            str(instant_ms),
            f"at most {latest_ms} (now and a little)",
        )
    return None


def _value_fault(reading: WireReading) -> _Fault | None:
    present = 0
    for name in VALUE_FIELDS:
        value = getattr(reading, name)
        if value is None:
            continue
        present += 1
        if not math.isfinite(value):
            return Reason.NOT_FINITE, name, str(value), "a finite number"
        if abs(value) > _LARGEST:
            allowed = f"between -{_LARGEST:.0f} and {_LARGEST:.0f}"
            return Reason.VALUE_OUT_OF_RANGE, name, str(value), allowed
        if 0 < abs(value) < _SMALLEST:
            allowed = f"0, or at least {_SMALLEST} in size"
            return Reason.VALUE_OUT_OF_RANGE, name, str(value), allowed
    if not present:
        return Reason.NO_VALUE, "values", "none", "at least one of " + ", ".join(VALUE_FIELDS)
    return None


def _extras_fault(extras: dict[str, Any] | None) -> _Fault | None:
    """What a jsonb column cannot hold: NUL characters, and what cannot be written as JSON."""
    if not extras:
        return None
    try:
        text = msgspec.json.encode(extras)
    except (OverflowError, RecursionError) as error:
        return Reason.MALFORMED, "x", Rejection.shown(error), "what JSON and 64 bits can hold"
    if _NUL.search(text):
        return Reason.MALFORMED, "x", Rejection.shown(extras), "text without NUL characters"
    return None


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
