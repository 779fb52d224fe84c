"""What one transaction settles: rows, refusals, and the numbers that a receipt may name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import psycopg
import structlog

from dust import wire
from dust.readings import VALUE_FIELDS
from ingest.qc import check_readings
from ingest.rejection import Reason, Rejection
from ingest.writer import Row, SpoolNumbers, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dust.wire import WireReading
    from ingest.decoding import DecodedMessage
    from ingest.qc import QcOutcome
    from ingest.registry import RegisteredSensor

_REFUSED: Final = (psycopg.DataError, psycopg.IntegrityError)
"""What a row can be at fault for; a sensor may be gone from the network since it was looked up."""


class Offer(NamedTuple):
    """A reading that may be stored, and where it came from."""

    topic: str
    message: DecodedMessage
    reading: WireReading


class Batch:
    """What one transaction settles: rows, rejections and each spool's sequence numbers."""

    def __init__(self, sensors: dict[str, RegisteredSensor], now_ms: int) -> None:
        self._sensors = sensors
        self._now_ms = now_ms
        # By gateway too: a copied memory card is one spool on two gateways, and a receipt for the
        # readings of both would make each forget what the other has sent.
        self._spools: dict[tuple[str, str], SpoolNumbers] = {}
        self.offers: list[Offer] = []
        self.rejections: list[Rejection] = []

    def take(self, topic: str, message: DecodedMessage) -> None:
        """Add a decoded message."""
        numbers = self._numbers(message)
        for reading in message.readings:
            if reading.sensor not in self._sensors:
                self._refuse(_unknown_sensor(topic, message, reading))
            else:
                self.offers.append(Offer(topic, message, reading))
                numbers.stored.append(reading.seq)
        for rejection in message.rejections:
            self._refuse(rejection)

    def commit(self, connection: psycopg.Connection) -> int:
        """Write everything; a row that the database refuses is found by halving and quarantined."""
        # All at once: the tests of single readings work on columns.
        rows = rows_of([offer.reading for offer in self.offers], self._sensors, self._now_ms)
        try:
            return write(connection, rows, self.rejections, self._numbers_of_all())
        except _REFUSED as error:
            structlog.get_logger().error("batch_refused", reason=str(error))
        new, refused = _write_parts(connection, list(zip(self.offers, rows, strict=True)))
        for offer, cause in refused:
            self._numbers(offer.message).stored.remove(offer.reading.seq)
            self._refuse(_refused_offer(offer, cause))
        # The readings are in; what is left is the bookkeeping.
        write(connection, [], self.rejections, self._numbers_of_all())
        return new

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


def rows_of(
    readings: Sequence[WireReading], sensors: Mapping[str, RegisteredSensor], now_ms: int
) -> list[Row]:
    """The rows of readings that arrive at `now_ms`, flagged; `sensors` has those of all by code."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, reading in enumerate(readings):
        places[id(sensors[reading.sensor].model)].append(place)
    outcomes: dict[int, QcOutcome] = {}
    for of_model in places.values():
        model = sensors[readings[of_model[0]].sensor].model
        told = check_readings([readings[place] for place in of_model], model, now_ms)
        outcomes.update(zip(of_model, told, strict=True))
    return [
        _row(reading, sensors[reading.sensor].sensor_id, outcomes[place])
        for place, reading in enumerate(readings)
    ]


def _row(reading: WireReading, sensor_id: int, outcome: QcOutcome) -> Row:
    values = tuple(getattr(reading, name) for name in VALUE_FIELDS)
    extras = msgspec.json.encode(reading.x).decode() if reading.x else None
    return (
        *(sensor_id, reading.t, reading.seq, reading.n),
        *values,
        extras,
        *outcome.flags,
        outcome.tests,
    )


def _unknown_sensor(topic: str, message: DecodedMessage, reading: WireReading) -> Rejection:
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
    connection: psycopg.Connection, offers: list[tuple[Offer, Row]]
) -> tuple[int, list[tuple[Offer, psycopg.Error]]]:
    """Write what can be written, by halving; returns how many were new, and what was refused."""
    try:
        return write(connection, [row for _, row in offers], [], []), []
    except _REFUSED as error:
        if len(offers) == 1:
            return 0, [(offers[0][0], error)]
    middle = len(offers) // 2
    first_new, first_refused = _write_parts(connection, offers[:middle])
    last_new, last_refused = _write_parts(connection, offers[middle:])
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
