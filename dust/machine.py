"""The machine that a bench's figures belong to."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_BYTES_OF_A_MB: Final = 1_000_000


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def memory_mb() -> int:
    """The machine's memory, MB."""
    return os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES // _BYTES_OF_A_MB


def processor() -> str:
    """The processor's name; boards call the same field `Model`."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    return named.get("model name") or named.get("Model") or platform.machine()


def file_system(folder: Path) -> str:
    """The kind of the mount that holds `folder`: the one with the longest path above it."""
    above = {str(path) for path in (folder.resolve(), *folder.resolve().parents)}
    mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    inside = [(len(mount[1]), mount[2]) for mount in mounts if mount[1] in above]
    return max(inside)[1] if inside else "unknown"
