"""A replay as the command runs it, and what tests look at afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dust.storage.connection import connect
from ingest.decoding import Decoder
from ingest.quarantine.messages import ForeignDecoder, RowDecoder
from ingest.quarantine.replay import Replay, ReplayResult
from ingest.quarantine.rows import Choice
from ingest.registry import Registry

if TYPE_CHECKING:
    import psycopg

    from dust.clock import Clock


def replay(
    url: str,
    clock: Clock,
    choice: Choice | None = None,
    foreign: ForeignDecoder | None = None,
    *,
    is_dry: bool = False,
) -> ReplayResult:
    """All of it, on a connection of its own."""
    work = Replay(RowDecoder(Decoder(600), foreign), Registry(clock), clock)
    result = ReplayResult()
    with connect(url) as connection:
        for done in work.run(connection, choice or Choice(), is_dry=is_dry):
            result.add(done)
    return result


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement.encode()).fetchall()


def numbers(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """The received and the quarantined numbers of each spool."""
    return [
        (received, quarantined)
        for received, quarantined in rows(
            connection, "SELECT received::text, quarantined::text FROM spools ORDER BY spool"
        )
    ]


def waiting(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return rows(
        connection,
        "SELECT seq, reason, replays FROM quarantine"
        " WHERE replayed_at IS NULL AND discarded_at IS NULL ORDER BY seq, reason",
    )
