"""What came, decoded by who knows it: our own gateways' batches, or foreign devices' words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dust.wire import is_readings_topic, is_status_topic
from ingest.reading_columns import ReadingColumns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.decoding import DecodedMessage, Decoder
    from ingest.foreign.sources import ForeignSources
    from ingest.inbox import Delivery


class Taken(NamedTuple):
    """Messages with their topics, and the columns of all their readings in the same order."""

    messages: list[tuple[str, DecodedMessage]]
    columns: ReadingColumns
    statuses: list[tuple[str, bytes]]
    dated_by_arrival: list[Delivery]
    """Those whose arrival must be remembered, so that a second coming says the same time."""
    ignored: Counter[str]


class Intake:
    """Decodes deliveries of any kind."""

    def __init__(self, decoder: Decoder, foreign: ForeignSources) -> None:
        self._decoder = decoder
        self._foreign = foreign

    def take(
        self, deliveries: Sequence[Delivery], arrivals: Mapping[int, int], now_ms: int
    ) -> Taken:
        """`arrivals` are the first arrivals of messages that come again, by their numbers."""
        ours = [(d.topic, d.payload) for d in deliveries if is_readings_topic(d.topic)]
        decoded = self._decoder.decode_all(ours, now_ms)
        messages = list(zip([topic for topic, _ in ours], decoded.messages, strict=True))
        statuses = [(d.topic, d.payload) for d in deliveries if is_status_topic(d.topic)]
        taken = Taken(messages, decoded.columns, statuses, [], Counter())
        others = [d for d in deliveries if self._foreign.matches(d.topic)]
        return self._add_foreign(taken, others, arrivals) if others else taken

    def _add_foreign(
        self, taken: Taken, deliveries: Sequence[Delivery], arrivals: Mapping[int, int]
    ) -> Taken:
        readings = []
        for each in deliveries:
            arrived_ms = arrivals.get(each.mid, each.arrived_ms)
            message = self._foreign.decode(each.topic, each.payload, arrived_ms, retain=each.retain)
            taken.messages.append((each.topic, message))
            taken.ignored.update(str(reason) for reason in message.ignored)
            if message.uses_arrival and message.readings:
                taken.dated_by_arrival.append(each)
            readings.extend(message.readings)
        columns = ReadingColumns.joined(taken.columns, ReadingColumns.of(readings))
        return taken._replace(columns=columns)
