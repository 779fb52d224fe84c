"""What each gateway says about itself: its newest word, and what changed, for who asks for gaps.

Statuses come repeated (retained copies, several workers), late, and out of order. The newest by
the gateway's own clock counts; a word whose clock cannot be believed, and the broker's `offline`,
which has no time, count as they come: every worker hears a gateway's words in order, so whoever
comes last leaves the right state.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from dust.clock import epoch_ms, instant
from dust.wire import GatewayStatus, gateway_of
from ingest.event_log import append
from ingest.gateway_events import MOST_SENSORS, Word, changes, is_will
from ingest.spool_words import store_spool_word

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from psycopg import Connection

_BEGIN: Final = """
INSERT INTO gateway_status (gateway, state, status) VALUES (%s, '', 'null') ON CONFLICT DO NOTHING
"""
_KNOWN: Final = """
SELECT status, said_at, received_at, now() FROM gateway_status WHERE gateway = %s FOR UPDATE
"""
_UPDATE: Final = """
UPDATE gateway_status SET state = %s, status = %s::jsonb, said_at = %s, received_at = %s
WHERE gateway = %s
"""
# PostgreSQL holds no zero character. Behind an odd backslash the same letters are text.
_ZERO: Final = re.compile(rb"((?<!\\)(?:\\\\)*)\\u0000")
_AHEAD_MS: Final = 600_000
_EARLIEST_MS: Final = 1_704_067_200_000  # 1 January 2024, UTC: less has not been set
_STALE_MS: Final = 600_000
"""After so long without a word an earlier time is a clock that was set back, not an old copy."""


def store_statuses(connection: Connection, messages: Iterable[tuple[str, bytes]]) -> None:
    """Keep statuses (topic, payload) in the order of their gateways, each gateway's own as given.

    Workers that hear the same words take the locks of their rows in the same order.
    """
    for topic, payload in sorted(messages, key=lambda message: gateway_of(message[0])):
        store_status(connection, topic, payload)


def store_status(connection: Connection, topic: str, payload: bytes) -> None:
    """Keep a status; one that cannot be read is logged, because the next one replaces it anyway."""
    gateway = gateway_of(topic)
    try:
        status = msgspec.json.decode(_ZERO.sub(rb"\1", payload), type=GatewayStatus)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        structlog.get_logger().warning("status_refused", gateway=gateway, reason=str(error))
        return
    with connection.transaction():
        _store(connection, gateway, status)


def _store(connection: Connection, gateway: str, status: GatewayStatus) -> None:
    connection.execute(_BEGIN, (gateway,))
    row = connection.execute(_KNOWN, (gateway,)).fetchone()
    if row is None:  # taken away by hand in this moment: the next status is the first again
        return
    content, said_at, received_at, now = row
    known = _known(content, said_at, received_at)
    new = _word(status, known, epoch_ms(now))
    if known is not None and _is_old(known, new, received_at, now):
        return
    for event in changes(known, new):
        append(connection, gateway, event)
    if not is_will(status):
        store_spool_word(connection, gateway, known, new)
    is_repeated = known is not None and new.at_ms == known.at_ms
    connection.execute(
        _UPDATE,
        (
            new.status.state,
            msgspec.json.encode(new.status).decode(),
            instant(new.at_ms) if new.is_said else said_at,
            received_at if is_repeated or _says_nothing_new(known, new) else now,
            gateway,
        ),
    )


def _known(content: object, said_at: datetime | None, received_at: datetime) -> Word | None:
    """The word that is kept; rows of older versions have no `said_at`."""
    if content is None:
        return None
    try:
        status = msgspec.convert(content, GatewayStatus)
    except msgspec.ValidationError:
        return None
    return Word(status, epoch_ms(said_at or received_at), said_at is not None)


def _word(status: GatewayStatus, known: Word | None, arrived_ms: int) -> Word:
    if is_will(status):
        if known is None:
            return Word(status, arrived_ms, is_said=False)
        # All else that is known of the gateway still is; it went after its last word.
        gone = msgspec.structs.replace(known.status, state=status.state)
        return Word(gone, known.at_ms, known.is_said)
    is_said = _is_believed(status, arrived_ms)
    at_ms = status.t if is_said and status.t is not None else arrived_ms
    return Word(_bounded(status), at_ms, is_said)


def _is_believed(status: GatewayStatus, arrived_ms: int) -> bool:
    if status.t is None or (status.clock is not None and status.clock.state != "known"):
        return False
    return _EARLIEST_MS <= status.t <= arrived_ms + _AHEAD_MS


def _bounded(status: GatewayStatus) -> GatewayStatus:
    """Numbers that a database and a calendar can hold: anybody may have written them."""
    return msgspec.structs.replace(
        status,
        spool_depth=_count(status.spool_depth),
        last_seq=_count(status.last_seq),
        dropped=_count(status.dropped),
        uptime_s=min(_count(status.uptime_s), 2**31),
        dropped_ranges=[
            (first, last) for first, last in status.dropped_ranges if 0 < first <= last < 2**63 - 1
        ][-1000:],
        set_aside=status.set_aside[-100:],
        sensors=dict(sorted(status.sensors.items())[:MOST_SENSORS]),
    )


def _count(number: int) -> int:
    return max(0, min(number, 2**53))


def _is_old(known: Word, new: Word, received_at: datetime, now: datetime) -> bool:
    if not (known.is_said and new.is_said) or new.at_ms >= known.at_ms:
        return False
    return epoch_ms(now) - epoch_ms(received_at) < _STALE_MS


def _says_nothing_new(known: Word | None, new: Word) -> bool:
    """A copy of a word without a time: it must not look as if the gateway had spoken again."""
    return known is not None and not new.is_said and known.status == new.status
