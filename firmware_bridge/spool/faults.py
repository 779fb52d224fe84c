"""What SQLite's errors mean to the spool: damaged, full, not now, or not ours."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from dust.errors import DustError, Unavailable
from firmware_bridge.errors import SpoolError, SpoolFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# https://www.sqlite.org/rescode.html; the low byte of an extended code is its primary code.
_PRIMARY: Final = 0xFF
_CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The memory that SQLite shares beside the journal is a file that grows: not on a full disk.
_FULL_BEHIND_IO: Final = {sqlite3.SQLITE_IOERR_SHMSIZE}


class SpoolCorrupt(SpoolError):  # noqa: N818  (named by what is wrong, as in firmware_bridge.errors)
    """The spool's file is damaged; handled inside the spool, no caller sees it."""


@contextmanager
def told_by_spool(path: Path) -> Iterator[None]:
    """SQLite's errors become the spool's, each with the name of the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _kind(error)(f"{path}: {error}") from error


def _kind(error: sqlite3.Error) -> type[DustError]:
    code = getattr(error, "sqlite_errorcode", 0)  # errors of the Python module bear none
    if code & _PRIMARY in _CORRUPT:
        return SpoolCorrupt
    if code & _PRIMARY == sqlite3.SQLITE_FULL or code in _FULL_BEHIND_IO:
        return SpoolFull
    # Locked by a curious operator, an unreadable sector, a card that has gone.
    return Unavailable if isinstance(error, sqlite3.OperationalError) else SpoolError
