"""What the bench reports; `_per_s` is readings a second, `_pct` is of one core."""

from __future__ import annotations

import msgspec


class Machine(msgspec.Struct):
    """Where the figures were measured; `file_system` tmpfs means that no disk was waited for."""

    cores: int
    processor: str
    memory_mb: int
    kernel: str
    python: str
    sqlite: str
    folder: str
    file_system: str


class Steady(msgspec.Struct):
    """A bridge with sensors that send one frame a second; nothing missing is `frames_missing` 0."""

    sampling_interval_s: int
    sensors: int
    seconds: float
    bridge_processor_pct: float
    bridge_memory_mb: float
    bridge_peak_memory_mb: float
    frames_sent: int
    frames_stored: int
    frames_missing: int
    readings: int
    repeats: int


class Put(msgspec.Struct):
    """Readings on the disk, `group` in a transaction, beside bare SQLite with the same bodies."""

    group: int
    spool_per_s: float
    plain_per_s: float
    ratio: float


class Drain(msgspec.Struct):
    """A full spool emptied through bridge, broker and a peer that gives receipts.

    `seconds` and `readings_per_s` are the median round; what is missing or came twice and the
    processor's shares are of all rounds.
    `spool_alone_per_s` is `after` and `confirm` without anything around them, `plain_per_s` the
    same SELECT and DELETE on a bare table; `ratio` is `readings_per_s` to `plain_per_s`,
    `ratio_to_bulk_insert` the same to one big insert that waits for no disk.
    """

    readings: int
    rounds: int
    seconds: float
    readings_per_s: float
    slowest_per_s: float
    fastest_per_s: float
    goal_per_s: int
    missing: int
    repeats: int
    bridge_processor_pct: float
    peer_processor_pct: float
    spool_alone_per_s: float
    plain_per_s: float
    ratio: float
    ratio_to_bulk_insert: float


class GatewayFigures(msgspec.Struct):
    """One run of `dust bench gateway`."""

    bench: str
    version: str
    date: str
    machine: Machine
    broker: str
    steady: list[Steady]
    put: list[Put]
    plain_bulk_insert_per_s: float
    drain: Drain
