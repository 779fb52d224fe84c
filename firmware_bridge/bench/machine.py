"""The machine that the figures belong to."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path
from typing import Final

from firmware_bridge.bench.figures import Machine

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_BYTES_OF_A_MB: Final = 1_000_000


def this_machine(folder: Path) -> Machine:
    """What this machine is, and what lies under `folder`, where the spools of the bench are."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        memory_mb=os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES // _BYTES_OF_A_MB,
        kernel=platform.release(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        folder=str(folder),
        file_system=_file_system(folder),
    )


def _processor() -> str:
    """The processor's name; boards call the same field `Model`."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    return named.get("model name") or named.get("Model") or platform.machine()


def _file_system(folder: Path) -> str:
    """The kind of the mount that holds `folder`: the one with the longest path above it."""
    above = {str(path) for path in (folder.resolve(), *folder.resolve().parents)}
    mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    inside = [(len(mount[1]), mount[2]) for mount in mounts if mount[1] in above]
    return max(inside)[1] if inside else "unknown"
