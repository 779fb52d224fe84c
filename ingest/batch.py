"""What one transaction settles: rows, refusals, and the numbers that a receipt may name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import psycopg
import structlog

from dust import wire
from ingest.reading_columns import ReadingColumns
from ingest.reading_rows import flagged_rows
from ingest.rejection import Reason, Rejection
from ingest.writer import SpoolNumbers, Written, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ingest.decoding import DecodedMessage
    from ingest.reading_columns import Reading
    from ingest.reading_rows import ReadingRows
    from ingest.registry import RegisteredSensor

_REFUSED: Final = (psycopg.DataError, psycopg.IntegrityError)
"""What a row can be at fault for; a sensor may be gone from the network since it was looked up."""


Numbers = dict[tuple[str, str], list[int]]
"""Sequence numbers by gateway and spool."""


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
        self._taken_numbers: Numbers = {}
        self._stored: Numbers = {}
        self._refused: list[Rejection] = []
        self._kept: list[Rejection] = []
        self._partial: set[str] = set()
        self._messages: list[tuple[str, DecodedMessage]] = []
        self._prepared: _Prepared | None = None
        self._refused_late: list[Rejection] = []

    @property
    def rejections(self) -> list[Rejection]:
        """What was refused on arrival, and after the commit also what the database refused."""
        return self._refused + self._refused_late

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
        codes = [(each.sensor, each.seq) for each in message.readings]
        if message.spool is not None:
            numbers = self._taken_numbers.setdefault((message.gateway, message.spool), [])
            numbers.extend([seq for code, seq in codes if code in self._sensors])
        if message.is_partial:
            self._partial.update(code for code, _ in codes)
        self._refused.extend(message.rejections)

    def prepare(self, columns: ReadingColumns | None = None) -> None:
        """Make the rows of all that was taken; `columns` of all their readings, where known."""
        self._prepare(columns)

    def commit(self, connection: psycopg.Connection, *, may_repeat: bool = True) -> int:
        """Write everything; a row that the database refuses is found by halving and quarantined.

        `may_repeat`: whether readings may be here already. Returns how many readings were new.
        It may be called again, when it is not known what became of the first time.
        """
        prepared = self._prepare()
        self._stored, self._refused_late = self._taken_numbers, []
        try:
            numbers = _spool_numbers(self._stored)
            written = write(
                connection, prepared.rows, self._refused, numbers, may_repeat=may_repeat
            )
        except _REFUSED as error:
            structlog.get_logger().error("batch_refused", reason=str(error))
            written = self._commit_parts(connection, prepared)
        self._kept = written.kept
        left_out = len(self.rejections) - len(written.kept)
        if left_out:
            structlog.get_logger().warning("quarantine_is_full", left_out=left_out)
        return written.new

    def receipts(self) -> list[tuple[str, bytes]]:
        """A receipt per spool for all that is settled, whether stored or quarantined."""
        settled = {key: list(stored) for key, stored in self._stored.items()}
        for each in self._kept:
            if each.spool is not None and each.seq is not None:
                settled.setdefault((each.gateway, each.spool), []).append(each.seq)
        return [
            (
                wire.receipts_topic(gateway),
                wire.encode(wire.Receipt(wire.VERSION, spool, wire.ranges_of(numbers))),
            )
            for (gateway, spool), numbers in settled.items()
            if numbers
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
        if self._partial:
            partial = {self._sensors[code].sensor_id for code in self._partial & {*self._sensors}}
            rows = replace(rows, partial_sensors=frozenset(partial))
        order = rows.sorted_places()
        return _Prepared(rows.at(order).with_stream(), places[order])

    def _refuse_unknown(self) -> None:
        for offer in self._taken():
            if offer.reading.sensor not in self._sensors:
                self._refused.append(_unknown_sensor(*offer))

    def _commit_parts(self, connection: psycopg.Connection, prepared: _Prepared) -> Written:
        taken = self._taken()
        new, refused = _write_parts(connection, prepared.rows, np.arange(len(prepared.rows)))
        self._stored = {key: list(numbers) for key, numbers in self._taken_numbers.items()}
        for row, cause in refused:
            offer = taken[prepared.places[row]]
            if offer.message.spool is not None:
                self._stored[offer.message.gateway, offer.message.spool].remove(offer.reading.seq)
            self._refused_late.append(_refused_offer(offer, cause))
        # The readings are in; what is left is the bookkeeping.
        numbers = _spool_numbers(self._stored)
        return write(connection, None, self.rejections, numbers)._replace(new=new)


def _spool_numbers(stored: Numbers) -> list[SpoolNumbers]:
    return [
        SpoolNumbers(spool, gateway, numbers, []) for (gateway, spool), numbers in stored.items()
    ]


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
        return write(connection, rows.at(places), [], []).new, []
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
