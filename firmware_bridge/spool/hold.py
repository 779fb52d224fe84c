"""One program at a time uses a spool: two would give the same number twice."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from firmware_bridge.errors import SpoolError

if TYPE_CHECKING:
    from pathlib import Path


class Hold:
    """A lock beside the spool for the life of the program; the kernel lets it go at the end."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(f"{path.name}-lock").open("a", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise SpoolError(
                f"spool = '{path}': allowed is a file that no other gateway has open"
                " (is `dust bridge` running already?)"
            ) from None

    def release(self) -> None:
        self._file.close()
