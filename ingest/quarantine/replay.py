"""Refused rows taken in again: the same decoder and batch, so all that follows from a reading does.

Some rows a transaction, claimed in the order of their numbers past those that another replay
holds. What is stored now gets `replayed_at`, and its number moves from `quarantined` to `received`
of its spool in the same transaction, so no hole opens. What is refused again keeps its row, with
the reason of today. A whole message that can be read now leaves its refused readings as rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import psycopg
import structlog
from psycopg.rows import class_row

from dust.wire import encode, status_topic
from ingest.batch import Batch
from ingest.decoding import DecodedMessage
from ingest.quarantine.messages import is_of_ours, is_whole
from ingest.quarantine.rows import CHOSEN, COLUMNS, WAITING, QuarantineRow
from ingest.rejection import Reason, Rejection
from ingest.status import store_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.quarantine.messages import RowDecoder
    from ingest.quarantine.rows import Choice
    from ingest.registry import RegisteredSensor, Registry

ROWS_AT_ONCE: Final = 500
_NEWEST: Final = "SELECT coalesce(max(quarantine_id), 0) FROM quarantine"
_TRIES: Final = 5
_CLASHES: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
"""With ingest, which may be given the same reading at this moment."""
_CLAIM: Final = f"""
SELECT {COLUMNS} FROM quarantine
WHERE quarantine_id > %(after)s AND quarantine_id <= %(upto)s AND {WAITING} AND {CHOSEN}
ORDER BY quarantine_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608  (the parts are those of the rows' module)
_STORED: Final = """
UPDATE quarantine SET replayed_at = now(), last_replayed_at = now(), replays = replays + 1
WHERE quarantine_id = ANY(%s::bigint[])
"""
_REFUSED: Final = """
UPDATE quarantine AS known SET
  reason = told.reason, field = told.field, value = told.value, allowed = told.allowed,
  last_replayed_at = now(), replays = replays + 1
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS told (quarantine_id, reason, field, value, allowed)
WHERE known.quarantine_id = told.quarantine_id
"""
_LEFT_OUT: Final = """
SELECT coalesce(sum(n_left_out), 0) FROM quarantine_days WHERE gateway = ANY(%s::text[])
"""
_MOVE: Final = """
WITH locked AS (
  SELECT spool FROM spools WHERE spool = ANY(%(spools)s::uuid[])
  ORDER BY spool, gateway FOR UPDATE
)
UPDATE spools SET quarantined = quarantined - received
WHERE spool IN (SELECT spool FROM locked) AND quarantined && received
"""


@dataclass(slots=True)
class ReplayResult:
    """What became of the rows that were replayed."""

    rows: int = 0
    stored: int = 0
    new_readings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Those refused again, by the reason of today."""

    def add(self, other: ReplayResult) -> None:
        self.rows += other.rows
        self.stored += other.stored
        self.new_readings += other.new_readings
        self.refused += other.refused


class _Part(NamedTuple):
    """Rows with numbers in (after, upto], `limit` at most."""

    after: int
    upto: int
    limit: int


class _Offered(NamedTuple):
    """A row with what it is decoded to."""

    row: QuarantineRow
    message: DecodedMessage


class Replay:
    """Replays chosen rows; several may run at once, and beside ingest."""

    def __init__(self, decoder: RowDecoder, registry: Registry, clock: Clock) -> None:
        self._decoder = decoder
        self._registry = registry
        self._clock = clock

    def run(
        self, connection: Connection, choice: Choice, *, is_dry: bool = False
    ) -> Iterator[ReplayResult]:
        """Replay in transactions of some rows; yields what each has done once it is committed.

        Rows on which our own code fails are replayed one by one, and the faulty ones stay. What
        comes meanwhile is left to the next replay.
        """
        (upto,) = connection.execute(_NEWEST).fetchone() or (0,)
        after, limit, carefully = 0, ROWS_AT_ONCE, 0
        while True:
            try:
                last, done = self._some_again(
                    connection, choice, _Part(after, upto, limit), is_dry=is_dry
                )
            except psycopg.OperationalError:
                raise
            except Exception as error:
                if limit == 1:
                    raise
                structlog.get_logger().warning("replayed_one_by_one", reason=repr(error))
                limit, carefully = 1, ROWS_AT_ONCE
                continue
            if not done.rows:
                return
            yield done
            after, carefully = last, carefully - 1
            limit = 1 if carefully > 0 else ROWS_AT_ONCE

    def _some_again(
        self, connection: Connection, choice: Choice, part: _Part, *, is_dry: bool
    ) -> tuple[int, ReplayResult]:
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._some(connection, choice, part, is_dry=is_dry)
            except _CLASHES:
                if not tries_left:
                    raise
        raise AssertionError  # pragma: no cover  (the loop returns or raises)

    def _some(
        self, connection: Connection, choice: Choice, part: _Part, *, is_dry: bool
    ) -> tuple[int, ReplayResult]:
        """One transaction; returns the number of its last row."""
        last, done = part.after, ReplayResult()
        with connection.transaction() as transaction:
            rows = _claim(connection, choice, part)
            if rows:
                last = rows[-1].quarantine_id
                done = self._settle_or_keep(connection, rows)
            if is_dry:
                raise psycopg.Rollback(transaction)
        return last, done

    def _settle_or_keep(
        self, connection: Connection, rows: Sequence[QuarantineRow]
    ) -> ReplayResult:
        try:
            with connection.transaction():
                return self._settle(connection, rows)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            if len(rows) > 1:
                raise
            structlog.get_logger().exception("not_replayed", quarantine_id=rows[0].quarantine_id)
            return _book(connection, rows, {rows[0].quarantine_id: _failed(rows[0], error)}, 0)

    def _settle(self, connection: Connection, rows: Sequence[QuarantineRow]) -> ReplayResult:
        now_ms = self._clock.now_ms()
        statuses = [row for row in rows if row.topic == status_topic(row.gateway)]
        offered = [
            _Offered(row, self._decoder.decode(row, now_ms)) for row in rows if row not in statuses
        ]
        codes = {reading.sensor for each in offered for reading in each.message.readings}
        sensors = self._registry.find(connection, codes)
        refused: dict[int, Rejection] = {}
        taken: list[_Offered] = []
        for each in offered:
            fault = self._fault(each, sensors, now_ms)
            if fault is not None:
                refused[each.row.quarantine_id] = fault
            if fault is None or not is_of_ours(each.row):
                taken.append(each)
        n_new = _take(connection, taken, sensors, now_ms, refused)
        for row in sorted(statuses, key=lambda row: row.gateway):
            store_status(connection, row.topic, row.payload)
        return _book(connection, rows, refused, n_new)

    def _fault(
        self, each: _Offered, sensors: Mapping[str, RegisteredSensor], now_ms: int
    ) -> Rejection | None:
        """Why a row is refused again; None for one whose readings can be taken."""
        row, message = each
        if not self._decoder.can_decode(row):
            return _still(row, "a topic of a gateway, or of a device that the devices file names")
        if is_of_ours(row) and is_whole(row):
            return _whole_fault(row, message)
        if message.rejections:
            return message.rejections[0]
        if any(reading.sensor not in sensors for reading in message.readings):
            batch = Batch(sensors, now_ms)  # it says so in the very same words
            batch.take(row.topic, message)
            batch.prepare()
            return batch.rejections[0]
        return None if message.readings else _still(row, "a message with a reading in it")


def _whole_fault(row: QuarantineRow, message: DecodedMessage) -> Rejection | None:
    """Readings that are refused get rows of their own; only a message refused whole stays."""
    for rejection in message.rejections:
        if rejection.seq is None and rejection.payload == row.payload:
            return rejection
    return None


def _take(
    connection: Connection,
    offered: Sequence[_Offered],
    sensors: Mapping[str, RegisteredSensor],
    now_ms: int,
    refused: dict[int, Rejection],
) -> int:
    """Store what can be; adds to `refused` what the database refuses. Returns how many were new.

    The batch would give a refused reading a row of its own; a row that stands for one reading is
    that row already, so the batch is undone and made again without it.
    """
    while True:
        whole = [each for each in offered if is_of_ours(each.row) and is_whole(each.row)]
        left_out = _left_out(connection, whole)
        batch = Batch(sensors, now_ms)
        for row, message in offered:
            batch.take(row.topic, _takeable(row, message, sensors))
        with connection.transaction() as attempt:
            n_new = batch.commit(connection)
            faults = _refused_singles(batch, offered)
            if _left_out(connection, whole) > left_out:
                faults |= {each.row.quarantine_id: _no_room(each.row) for each in whole}
            if faults:
                raise psycopg.Rollback(attempt)
        if not faults:
            _move_numbers(connection, [message for _, message in offered])
            return n_new
        refused |= faults
        offered = [each for each in offered if each.row.quarantine_id not in faults]


def _takeable(
    row: QuarantineRow, message: DecodedMessage, sensors: Mapping[str, RegisteredSensor]
) -> DecodedMessage:
    """A foreign message keeps its row as long as anything in it is refused: no rows beside it."""
    if is_of_ours(row):
        return message
    known = [reading for reading in message.readings if reading.sensor in sensors]
    return DecodedMessage(message.gateway, message.spool, known, is_partial=message.is_partial)


def _refused_singles(batch: Batch, offered: Sequence[_Offered]) -> dict[int, Rejection]:
    """What the database refused of rows that stand for one reading, or for a foreign message."""
    by_number = {
        (each.gateway, each.spool, each.topic, each.payload): each
        for each in batch.rejections
        if each.reason is Reason.REFUSED_BY_DATABASE
    }
    if not by_number:
        return {}
    return {
        row.quarantine_id: by_number[key]
        for row, message in offered
        if not (is_of_ours(row) and is_whole(row))
        for reading in message.readings
        if (key := (message.gateway, message.spool, row.topic, encode(reading))) in by_number
    }


def _left_out(connection: Connection, whole: Sequence[_Offered]) -> int:
    """How much of these gateways' messages was only counted today, for want of room."""
    gateways = sorted({each.row.gateway for each in whole})
    (count,) = connection.execute(_LEFT_OUT, (gateways,)).fetchone() or (0,)
    return int(count)


def _no_room(row: QuarantineRow) -> Rejection:
    return _still(row, "a day with room in quarantine for what is refused of this message")


def _move_numbers(connection: Connection, messages: Sequence[DecodedMessage]) -> None:
    spools = sorted({message.spool for message in messages if message.spool is not None})
    if spools:
        connection.execute(_MOVE, {"spools": spools})


def _claim(connection: Connection, choice: Choice, part: _Part) -> list[QuarantineRow]:
    with connection.cursor(row_factory=class_row(QuarantineRow)) as cursor:
        asked = choice._asdict() | part._asdict()
        return cursor.execute(_CLAIM.encode(), asked).fetchall()


def _book(
    connection: Connection,
    rows: Sequence[QuarantineRow],
    refused: Mapping[int, Rejection],
    n_new: int,
) -> ReplayResult:
    stored = [row.quarantine_id for row in rows if row.quarantine_id not in refused]
    if stored:
        connection.execute(_STORED, (stored,))
    if refused:
        told = [
            (number, str(each.reason), each.field, each.value, each.allowed)
            for number, each in sorted(refused.items())
        ]
        connection.execute(_REFUSED, [list(column) for column in zip(*told, strict=True)])
    reasons = Counter(str(each.reason) for each in refused.values())
    return ReplayResult(len(rows), len(stored), n_new, reasons)


def _still(row: QuarantineRow, allowed: str) -> Rejection:
    """Refused for the same reason as before."""
    return Rejection(
        Reason(row.reason),
        row.topic,
        row.gateway,
        row.payload,
        row.spool,
        row.seq,
        row.field,
        row.value,
        allowed,
    )


def _failed(row: QuarantineRow, error: Exception) -> Rejection:
    return Rejection(
        Reason.INGEST_FAILED,
        row.topic,
        row.gateway,
        row.payload,
        row.spool,
        row.seq,
        "message",
        Rejection.shown(row.payload),
        Rejection.shown(f"a message that ingest can work on ({error!r})"),
    )
