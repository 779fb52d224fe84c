"""What one transaction settles: rows, refusals, and the numbers that a receipt may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import psycopg
import structlog

from dust import wire
from ingest.reading_columns import ReadingColumns
from ingest.reading_rows import flagged_rows
from ingest.rejection import Reason, Rejection
from ingest.writer import SpoolNumbers, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ingest.decoding import DecodedMessage
    from ingest.reading_columns import Reading
    from ingest.reading_rows import ReadingRows
    from ingest.registry import RegisteredSensor

_REFUSED: Final = (psycopg.DataError, psycopg.IntegrityError)
"""What a row can be at fault for; a sensor may be gone from the network since it was looked up."""


class Offer(NamedTuple):
    """A reading that may be stored, and where it came from."""

    topic: str
    message: DecodedMessage
    reading: Reading


class _Prepared(NamedTuple):
    """Rows to write, and which of the taken readings each is."""

    rows: ReadingRows
    places: NDArray[np.int64]


class Batch:
    """What one transaction settles: rows, rejections and each spool's sequence numbers."""

    def __init__(self, sensors: Mapping[str, RegisteredSensor], now_ms: int) -> None:
        self._sensors = sensors
        self._now_ms = now_ms
        # By gateway too: a copied memory card is one spool on two gateways, and a receipt for the
        # readings of both would make each forget what the other has sent.
        self._spools: dict[tuple[str, str], SpoolNumbers] = {}
        self._messages: list[tuple[str, DecodedMessage]] = []
        self._prepared: _Prepared | None = None
        self.rejections: list[Rejection] = []

    @property
    def offers(self) -> list[Offer]:
        """The readings that may be stored, in the order in which they were taken."""
        return [offer for offer in self._taken() if offer.reading.sensor in self._sensors]

    @property
    def n_offered(self) -> int:
        """How many readings may be stored."""
        return len(self._prepare().rows)

    def take(self, topic: str, message: DecodedMessage) -> None:
        """Add a decoded message."""
        self._messages.append((topic, message))
        numbers = self._numbers(message)
        numbers.stored.extend(
            [each.seq for each in message.readings if each.sensor in self._sensors]
        )
        for rejection in message.rejections:
            self._refuse(rejection)

    def prepare(self, columns: ReadingColumns | None = None) -> None:
        """Make the rows of all that was taken; `columns` of all their readings, where known."""
        self._prepare(columns)

    def commit(self, connection: psycopg.Connection) -> int:
        """Write everything; a row that the database refuses is found by halving and quarantined."""
        prepared = self._prepare()
        try:
            return write(connection, prepared.rows, self.rejections, self._numbers_of_all())
        except _REFUSED as error:
            structlog.get_logger().error("batch_refused", reason=str(error))
        return self._commit_parts(connection, prepared)

    def receipts(self) -> list[tuple[str, bytes]]:
        """A receipt per spool for all that is settled, whether stored or quarantined."""
        return [
            (
                wire.receipts_topic(numbers.gateway),
                wire.encode(
                    wire.Receipt(
                        wire.VERSION,
                        numbers.spool,
                        wire.ranges_of(numbers.stored + numbers.quarantined),
                    )
                ),
            )
            for numbers in self._spools.values()
            if numbers.stored or numbers.quarantined
        ]

    def _taken(self) -> list[Offer]:
        return [
            Offer(topic, message, reading)
            for topic, message in self._messages
            for reading in message.readings
        ]

    def _prepare(self, columns: ReadingColumns | None = None) -> _Prepared:
        if self._prepared is None:
            self._prepared = self._make_rows(columns)
        return self._prepared

    def _make_rows(self, columns: ReadingColumns | None) -> _Prepared:
        readings = [reading for _, message in self._messages for reading in message.readings]
        found = [self._sensors.get(reading.sensor) for reading in readings]
        registered = [sensor for sensor in found if sensor is not None]
        if columns is None:
            columns = ReadingColumns.of(readings)
        places = np.arange(len(readings))
        if len(registered) < len(found):
            self._refuse_unknown()
            places = np.flatnonzero([sensor is not None for sensor in found])
            columns = columns.at(places)
        rows = flagged_rows(columns, registered, self._now_ms)
        order = rows.sorted_places()
        return _Prepared(rows.at(order), places[order])

    def _refuse_unknown(self) -> None:
        for offer in self._taken():
            if offer.reading.sensor not in self._sensors:
                self._refuse(_unknown_sensor(*offer))

    def _commit_parts(self, connection: psycopg.Connection, prepared: _Prepared) -> int:
        taken = self._taken()
        new, refused = _write_parts(connection, prepared.rows, np.arange(len(prepared.rows)))
        for row, cause in refused:
            offer = taken[prepared.places[row]]
            self._numbers(offer.message).stored.remove(offer.reading.seq)
            self._refuse(_refused_offer(offer, cause))
        # The readings are in; what is left is the bookkeeping.
        write(connection, None, self.rejections, self._numbers_of_all())
        return new

    def _numbers(self, message: DecodedMessage) -> SpoolNumbers:
        if message.spool is None:
            return SpoolNumbers("", message.gateway, [], [])
        return self._spools.setdefault(
            (message.gateway, message.spool), SpoolNumbers(message.spool, message.gateway, [], [])
        )

    def _numbers_of_all(self) -> list[SpoolNumbers]:
        return list(self._spools.values())

    def _refuse(self, rejection: Rejection) -> None:
        self.rejections.append(rejection)
        if rejection.spool is not None and rejection.seq is not None:
            self._spools[rejection.gateway, rejection.spool].quarantined.append(rejection.seq)


def _unknown_sensor(topic: str, message: DecodedMessage, reading: Reading) -> Rejection:
    return Rejection(
        Reason.UNKNOWN_SENSOR,
        topic,
        message.gateway,
        wire.encode(reading),
        message.spool,
        reading.seq,
        "sensor",
        reading.sensor,
        "the code of a sensor in the network file",
    )


def _write_parts(
    connection: psycopg.Connection, rows: ReadingRows, places: NDArray[np.int64]
) -> tuple[int, list[tuple[int, psycopg.Error]]]:
    """Write what can be written, by halving; returns how many were new, and what was refused."""
    try:
        return write(connection, rows.at(places), [], []), []
    except _REFUSED as error:
        if len(places) == 1:
            return 0, [(int(places[0]), error)]
    middle = len(places) // 2
    first_new, first_refused = _write_parts(connection, rows, places[:middle])
    last_new, last_refused = _write_parts(connection, rows, places[middle:])
    return first_new + last_new, first_refused + last_refused


def _refused_offer(offer: Offer, error: psycopg.Error) -> Rejection:
    return Rejection(
        Reason.REFUSED_BY_DATABASE,
        offer.topic,
        offer.message.gateway,
        wire.encode(offer.reading),
        offer.message.spool,
        offer.reading.seq,
        "reading",
        Rejection.shown(offer.reading),
        Rejection.shown(error),
    )
