"""The worker behind the writer: dirty hours -> flags -> hours -> days -> months, years -> ledger.

Cost follows the number of touched hours, not the length of history.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust.clock import instant
from dust.errors import Unavailable
from dust.storage.changes import CHANNEL
from dust.storage.connection import connect, database_errors
from dust.storage.stored_network import rules_in_force
from ingest.dirty_round import remake_dirty
from ingest.ledger import finalise, judge_dirty_days
from ingest.long_averages import remake_dirty_months
from ingest.neighbourhood import compare_neighbours

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.dirty_round import Round
    from ingest.metrics import Metrics

_IDLE_S: Final = 0.5
_RETRY_S: Final = 2.0
_FINALISE_EVERY_S: Final = 600.0
_MONTHS_WAIT_S: Final = 60.0
_BUSY_READINGS_PER_S: Final = 1000
_REST: Final = 9.0
"""While readings pour in, the worker rests so many times as long as it worked: an hour that still
fills is then made once for many batches, and the processors are the writer's."""
_LONGEST_REST_S: Final = 10.0


class Recompute:
    """Keeps averages and ledger up to date until it is stopped."""

    def __init__(self, dsn: str, ledger_settle_s: float, clock: Clock, metrics: Metrics) -> None:
        self._dsn = dsn
        self._metrics = metrics
        self._clock = clock
        self._settle_s = ledger_settle_s
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._finalised_s = float("-inf")
        self._stored = 0
        self._stopped_s = 0.0

    def wake(self, stored: int = 0) -> None:
        """There may be work: so many readings were stored."""
        self._stored += stored
        self._wake.set()

    def stop(self) -> None:
        if not self._stop.is_set():
            self._stopped_s = self._clock.monotonic_s()
        self._stop.set()
        self._wake.set()

    @property
    def stopping_for_s(self) -> float:
        """How long ago it was told to stop."""
        return self._clock.monotonic_s() - self._stopped_s if self._stop.is_set() else 0.0

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except Unavailable as error:
                structlog.get_logger().warning("recompute_waits", reason=str(error))
                self._stop.wait(_RETRY_S)
            except Exception:  # noqa: BLE001  (the thread's outermost loop: readings go on)
                structlog.get_logger().exception("recompute_failed")
                self._stop.wait(_RETRY_S)

    def _work(self) -> None:
        with database_errors(), connect(self._dsn) as connection:
            while not self._stop.is_set():
                now = instant(self._clock.now_ms())
                started_s, stored = self._clock.monotonic_s(), self._stored
                if done := recompute_once(connection, self._settle_s, now):
                    self._metrics.hours_made(done.n_hours)
                    self._stop.wait(self._rest_s(started_s, stored))
                else:
                    self._finalise_now_and_then(connection, now)
                    self._wake.wait(_IDLE_S)
                    self._wake.clear()

    def _rest_s(self, started_s: float, stored_before: int) -> float:
        worked_s = self._clock.monotonic_s() - started_s
        is_busy = self._stored - stored_before > _BUSY_READINGS_PER_S * worked_s
        return min(_REST * worked_s, _LONGEST_REST_S) if is_busy else 0.0

    def _finalise_now_and_then(self, connection: Connection, now: datetime) -> None:
        if self._clock.monotonic_s() - self._finalised_s >= _FINALISE_EVERY_S:
            self._finalised_s = self._clock.monotonic_s()
            _notify(connection, finalise(connection, rules_in_force(connection), now))


def recompute_once(connection: Connection, settle_s: float, now: datetime) -> Round:
    """One round: what is dirty is made again, what is due is judged, who listens is told.

    Months and years wait until the hours are done: each would be made once for every few hours.
    """
    done = remake_dirty(connection)
    months = remake_dirty_months(connection, waited_s=0 if not done else _MONTHS_WAIT_S)
    judged = judge_dirty_days(connection, settle_s, now)
    neighbours = compare_neighbours(connection)
    _notify(connection, done.stations | months | neighbours | judged.stations)
    return done


def _notify(connection: Connection, stations: Collection[int]) -> None:
    if stations:
        payload = ",".join(str(station_id) for station_id in sorted(stations))
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
