"""Room kept back on the disk, so that on a full one readings can still be confirmed.

A deletion is written to the journal first, and the journal can start anew only when all of it has
been carried over into the file, which may have to grow for it. The reserve is larger than that.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_bridge.spool.database import JOURNAL_PAGES

if TYPE_CHECKING:
    from pathlib import Path

# Four journals: on a disk that fills up, carrying over fails while the journal can still grow, but
# only as long as less is free than the journal holds: two journals at most, and their page copies.
RESERVE_BYTES: Final = 4 * JOURNAL_PAGES * 4096


class Reserve:
    """A file of nothing beside the spool, given up when the disk is full, made again later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_there = False

    def keep(self) -> None:
        """Make the file where it is missing and the disk has twice the room; cheap otherwise."""
        if self._is_there:
            return
        try:
            if self._length() != RESERVE_BYTES and self._disk_has_room():
                self._make()
            self._is_there = self._length() == RESERVE_BYTES
        except OSError:  # no room after all, or no such function: the spool works without
            self.give_up()

    def give_up(self) -> None:
        """Let the spool have the room."""
        self._is_there = False
        with suppress(OSError):  # a disk that can only be read has no room to give
            self._path.unlink(missing_ok=True)

    def _length(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def _disk_has_room(self) -> bool:
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize >= 2 * RESERVE_BYTES

    def _make(self) -> None:
        with self._path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
