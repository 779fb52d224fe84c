"""A reader of all ports of a replay, in a gateway's place."""

from __future__ import annotations

import os
import select
from collections import defaultdict
from typing import TYPE_CHECKING

from dust.clock import ReplayClock

if TYPE_CHECKING:
    from pathlib import Path


def take_what_comes(folder: Path) -> dict[str, dict[int, bytes]]:
    """Reads every port as a gateway does: wait, take the stamp, read. Bytes by sensor and stamp."""
    clock = ReplayClock(folder / "clock")
    links = {path.name: path for path in (folder / "ports").iterdir() if path.is_symlink()}
    ports = {os.open(path, os.O_RDWR | os.O_NOCTTY): name for name, path in links.items()}
    poll = select.poll()
    for port in ports:
        poll.register(port, select.POLLIN)
    taken: dict[str, dict[int, bytes]] = {name: defaultdict(bytes) for name in links}
    (folder / "ports" / "go").touch()
    while (ready := poll.poll(100)) or not (folder / "ports" / "finished.json").exists():
        for port, _ in ready:
            stamp_ms = clock.now_ms()
            taken[ports[port]][stamp_ms] += os.read(port, 4096)
    for port in ports:
        os.close(port)
    return taken
