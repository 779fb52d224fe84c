"""What goes into the spool and what comes out of it."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A reading to be kept: JSON without its number and its time.

    `t_ms` is the phenomenon time, epoch ms; None while the clock is not known, and then `boot` (the
    machine's boot id) and `since_boot_ms` tell the same instant.
    """

    body: bytes
    t_ms: int | None
    boot: str = ""
    since_boot_ms: int = 0


class Row(NamedTuple):
    """A reading to be sent: its number, its phenomenon time (epoch ms), JSON without the two."""

    seq: int
    t_ms: int
    body: bytes
