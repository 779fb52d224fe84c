"""Locks that are asked for briefly and again.

Who waits for an exclusive lock holds up all who come after; who gives up soon and comes back later
holds up nobody for longer than that.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from psycopg import errors

from dust.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

_Outcome = TypeVar("_Outcome")
LOCK_TIMEOUT: Final = "2s"
"""As long as ingest may be held up behind us: its gateways do not notice."""
_ATTEMPTS: Final = 30
_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 10.0


def quiet(_text: str) -> None:
    """Tell nobody."""


def patiently(
    connection: Connection,
    work: Callable[[], _Outcome],
    what: str,
    say: Callable[[str], None] = quiet,
    pause: Callable[[float], None] = time.sleep,
) -> _Outcome:
    """Do `work` in a transaction that gives up on a lock after two seconds; then again, and again.

    A transaction that gave up has changed nothing. Raises `Unavailable` after half a minute of
    attempts and several of pauses, with `what` was being done.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
                return work()
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            say(f"{what}: somebody else holds a lock; attempt {attempt} of {_ATTEMPTS}")
            if attempt < _ATTEMPTS:
                pause(min(_PAUSE_S * attempt, _LONGEST_PAUSE_S))
    raise Unavailable(
        f"{what}: a lock was held by somebody else {_ATTEMPTS} times in a row; nothing was changed."
        " Look at pg_stat_activity for a transaction that stays open, or stop ingest for a moment"
    )
