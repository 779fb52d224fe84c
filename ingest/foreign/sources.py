"""All that is listened to beside our own gateways: filters for the broker, and a decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from dust.wire import WireReading
from ingest.foreign.device import Source
from ingest.foreign.formats import FORMATS
from ingest.foreign.mapping import ForeignEntry, ForeignFile, load_mapping
from ingest.foreign.message import Fault, ForeignMessage, Heard
from ingest.foreign.topic_filters import match

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.foreign.topic_filters import Levels

_OWN = "dust/v1/"


class _Listener(NamedTuple):
    """An entry of the mapping, made ready."""

    entry: ForeignEntry
    levels: Levels
    source: Source

    def hear(self, topic: str, payload: bytes, arrived_ms: int, *, retain: bool) -> Heard | None:
        """What the topic says; None for a topic of another entry."""
        found = match(self.levels, topic)
        if found is None:
            return None
        quantity = found.pop() if self.entry.kind.ending else None
        device = found[0] if found else self.entry.device
        return Heard(topic, payload, arrived_ms, retain, device, quantity)


class ForeignSources:
    """Decodes messages of foreign devices; knows nothing of broker and database."""

    def __init__(self, file: ForeignFile, ahead_tolerance_s: float) -> None:
        self._listeners = [
            _Listener(entry, entry.levels, _source(entry, ahead_tolerance_s))
            for entry in file.entries()
        ]

    def filters(self) -> list[str]:
        """The topic filters to subscribe to; no two of them overlap."""
        return [listener.entry.filter for listener in self._listeners]

    def matches(self, topic: str) -> bool:
        """Whether a message on this topic is for `decode`."""
        return not topic.startswith(_OWN) and any(True for _ in self._heard_by(topic))

    def gateway_of(self, topic: str) -> str:
        """The gateway that foreign devices have: the name of their format; '' for other topics."""
        return next((each.source.format for each in self._heard_by(topic)), "")

    def decode(
        self, topic: str, payload: bytes, arrived_ms: int, *, retain: bool
    ) -> ForeignMessage:
        """The readings of `payload`; never raises for what somebody sent.

        Raises `KeyError` for a topic that is not ours to decode.
        """
        for listener in self._listeners:
            heard = listener.hear(topic, payload, arrived_ms, retain=retain)
            if heard is not None:
                return _decoded(listener, heard)
        raise KeyError(topic)

    def replayed(self, topic: str, payload: bytes, first_ms: int) -> ForeignMessage:
        """What a row of quarantine holds: a message as it came, or one reading that was refused.

        A reading is taken only of the device that its topic names: else somebody's message that
        looks like a reading would become one of another sensor. A topic that is not listened to
        any more gives a message without readings.
        """
        for listener in self._listeners:
            heard = listener.hear(topic, payload, first_ms, retain=False)
            if heard is not None:
                return _refused_reading(listener.source, heard) or _decoded(listener, heard)
        return ForeignMessage("")

    def _heard_by(self, topic: str) -> Iterator[_Listener]:
        return (each for each in self._listeners if match(each.levels, topic) is not None)


def foreign_sources(path: Path | None, ahead_tolerance_s: float = 600) -> ForeignSources:
    """What the devices file names; without a file only pushes over HTTP. Raises `BadFile`."""
    file = ForeignFile() if path is None else load_mapping(path)
    return ForeignSources(file, ahead_tolerance_s)


def _refused_reading(source: Source, heard: Heard) -> ForeignMessage | None:
    try:
        reading = msgspec.json.decode(heard.payload, type=WireReading)
        own = source.owns(heard.device, reading.sensor)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Fault):
        return None
    return source.message(reading) if own else None


def _decoded(listener: _Listener, heard: Heard) -> ForeignMessage:
    try:
        return FORMATS[listener.entry.format].decode(listener.source, heard)
    except Fault as fault:
        message = listener.source.message()
        message.refuse(heard, fault)
        return message


def _source(entry: ForeignEntry, ahead_tolerance_s: float) -> Source:
    return Source(
        format=entry.format,
        prefix=entry.code_prefix,
        time_zone=ZoneInfo(entry.time_zone) if entry.time_zone else None,
        fields=entry.fields_in_use(),
        units=entry.units,
        sensors=entry.sensors,
        ahead_ms=round(ahead_tolerance_s * 1000),
    )
