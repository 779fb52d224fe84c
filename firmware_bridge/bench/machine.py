"""The machine that the figures belong to."""

from __future__ import annotations

import platform
import sqlite3
from typing import TYPE_CHECKING

from dust.machine import cores, file_system, memory_mb, processor
from firmware_bridge.bench.figures import Machine

if TYPE_CHECKING:
    from pathlib import Path


def this_machine(folder: Path) -> Machine:
    """What this machine is, and what lies under `folder`, where the spools of the bench are."""
    return Machine(
        cores=cores(),
        processor=processor(),
        memory_mb=memory_mb(),
        kernel=platform.release(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        folder=str(folder),
        file_system=file_system(folder),
    )
