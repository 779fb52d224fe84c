"""Damaged spool files: renamed, never deleted, never overwritten.

`spool.sqlite` becomes `spool.sqlite.corrupt-1`, with its journal beside it, so that
`sqlite3 spool.sqlite.corrupt-1 .recover` can still find what is in it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

JOURNAL: Final = "-wal"
# The file first: if the power goes between the two, `is_broken_off` sees a journal without a file.
_PARTS: Final = ("", JOURNAL, "-shm", "-journal")


def names_set_aside(path: Path) -> list[str]:
    """The damaged files that lie beside the spool, oldest first."""
    return [f"{path.name}.corrupt-{number}" for number in _numbers(path)]


def set_aside(path: Path) -> str:
    """Rename the file and what belongs to it; returns the new name."""
    target = f"{path}.corrupt-{_next_number(path)}"
    for part in _PARTS:
        _rename(f"{path}{part}", f"{target}{part}")
    sync_folder(path.parent)
    return os.path.basename(target)  # noqa: PTH119  (a string with a part behind its suffix)


def is_broken_off(path: Path) -> bool:
    """Whether a journal lies here without its file, which SQLite would delete at opening."""
    journal = path.with_name(path.name + JOURNAL)
    has_file = path.exists() and path.stat().st_size > 0
    return not has_file and journal.exists() and journal.stat().st_size > 0


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, known to the disk."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in the folder is on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(old: str, new: str) -> None:
    try:
        os.rename(old, new)  # noqa: PTH104  (strings, as above)
    except FileNotFoundError:
        return


def _next_number(path: Path) -> int:
    newest = max(_numbers(path), default=0)
    goes_on = newest and not path.exists()  # the journal of the one that was renamed just before
    journal_is_there = path.with_name(f"{path.name}.corrupt-{newest}{JOURNAL}").exists()
    return newest if goes_on and not journal_is_there else newest + 1


def _numbers(path: Path) -> list[int]:
    pattern = re.compile(re.escape(path.name) + r"\.corrupt-(\d+)(-wal|-shm|-journal)?")
    found = (pattern.fullmatch(entry.name) for entry in path.parent.iterdir())
    return sorted({int(match[1]) for match in found if match})
