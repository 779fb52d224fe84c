"""Processor time and memory of a process with all its children, from /proc."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKS_IN_S: Final = os.sysconf("SC_CLK_TCK")
_PARENT_AT, _USER_AT, _SYSTEM_AT = 1, 11, 12
_CHILDREN_AT: Final = (13, 14)
"""Behind the name in /proc/PID/stat (proc(5), fields 4 and 14 to 17)."""
_KIB_IN_MIB: Final = 1024  # /proc says kB and means 1,024 bytes


class Memory(NamedTuple):
    """Resident now, and the most that each process ever held, added up, MiB."""

    now_mib: float
    peak_mib: float


def family(root: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {pid: int(fields[_PARENT_AT]) for pid, fields in _all_stats()}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def processor_s(root: int) -> float:
    """Seconds of processor of the family; what ended and was waited for is in its parent's sum."""
    ticks = 0
    for pid in family(root):
        with suppress(OSError):
            fields = _stat(pid)
            at = (_USER_AT, _SYSTEM_AT, *_CHILDREN_AT)
            ticks += sum(int(fields[place]) for place in at)
    return ticks / _TICKS_IN_S


def memory(root: int) -> Memory:
    """Of the family; a page that two of them share counts twice."""
    now_kib = peak_kib = 0
    for pid in family(root):
        with suppress(OSError, KeyError):
            text = Path(f"/proc/{pid}/status").read_text("utf-8")
            fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
            now_kib += int(fields["VmRSS"].split()[0])
            peak_kib += int(fields["VmHWM"].split()[0])
    return Memory(now_kib / _KIB_IN_MIB, peak_kib / _KIB_IN_MIB)


class MemorySeries:
    """Resident memory of a few families, twice a second, while the context lasts."""

    def __init__(self, roots: list[int]) -> None:
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)
        self.samples: list[tuple[float, float]] = []
        """Seconds since the beginning, MiB."""

    def __enter__(self) -> Self:
        self._started_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            now_mib = sum(memory(root).now_mib for root in self._roots)
            self.samples.append((time.monotonic() - self._started_s, now_mib))

    def quarter_mib(self, quarter: int) -> float:
        """The mean of one quarter of the time, 0 to 3; 0 where there is no sample."""
        step = len(self.samples) / 4
        some = self.samples[round(quarter * step) : round((quarter + 1) * step)]
        return sum(mib for _, mib in some) / len(some) if some else 0.0


def _all_stats() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                yield int(folder.name), _stat(int(folder.name))


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
