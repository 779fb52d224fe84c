"""What the bench reports."""

from __future__ import annotations

import msgspec


class Machine(msgspec.Struct):
    """Where the figures were measured."""

    cores: int
    processor: str
    memory_mb: int
    python: str
    server: str
    hypertable: bool


class Late(msgspec.Struct):
    """Late readings into one size of history; times are medians of the rounds, seconds.

    `spread_days` is the span over which they are scattered. `plain_s` is one SQL statement that
    averages the same hours and stores nothing. `growth` is `recompute_s` over that of the smallest
    history with the same spread.
    """

    stored_rows: int
    spread: str
    spread_days: float
    late_readings: int
    hours: int
    days: int
    insert_s: float
    recompute_s: float
    plain_s: float
    growth: float = 1.0


class RecomputeFigures(msgspec.Struct):
    """One run of the bench.

    `greatest_growth` is that of late readings over a span of the same length in every history: what
    the size of history costs. Over the whole history they touch more days, months and hours.
    """

    version: str
    date: str
    machine: Machine
    sensors: int
    sampling_interval_s: int
    late: list[Late]
    greatest_growth: float
    greatest_growth_over_the_whole: float
