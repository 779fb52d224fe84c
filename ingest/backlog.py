"""What waits in the database for the worker that recomputes, asked when somebody wants to know.

An answer comes within a second or not at all: a database that hangs must not hold up whoever asks,
and no more than one question is under way.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from dust.errors import DustError
from dust.storage.connection import connect, database_errors

if TYPE_CHECKING:
    from psycopg import Connection

_WAITING: Final = """
SELECT count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL)
FROM (SELECT failed_at FROM dirty_hours UNION ALL SELECT failed_at FROM dirty_station_hours) AS mark
"""


class Waiting(NamedTuple):
    """Hours that wait to be made again, and those set aside because making them failed."""

    hours: int
    set_aside: int


class Backlog:
    """Asks the database, on a connection of its own that lasts for the question."""

    def __init__(self, dsn: str, patience_s: float = 1.0) -> None:
        self._dsn = dsn
        self._patience_s = patience_s
        self._turn = threading.Lock()

    def ask(self) -> Waiting | None:
        """What waits; None where the database did not answer in time."""
        if not self._turn.acquire(timeout=self._patience_s):
            return None
        answers: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        # A daemon: one that waits for a database that hangs must not keep the process alive.
        threading.Thread(target=self._answer, args=(answers,), name="backlog", daemon=True).start()
        try:
            return answers.get(timeout=self._patience_s)
        except queue.Empty:
            return None

    def _answer(self, answers: queue.SimpleQueue[Waiting | None]) -> None:
        answer = None
        try:
            with database_errors(), connect(self._dsn) as connection:
                answer = self._fetch(connection)
        except DustError as error:
            structlog.get_logger().debug("backlog_unknown", reason=str(error))
        finally:
            self._turn.release()
            answers.put(answer)

    def _fetch(self, connection: Connection) -> Waiting:
        limit_ms = str(round(self._patience_s * 1000))
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (limit_ms,))
        row = connection.execute(_WAITING).fetchone()
        return Waiting(*row) if row else Waiting(0, 0)
