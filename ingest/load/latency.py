"""Percentiles of waiting times."""

from __future__ import annotations

from ingest.load.figures import Latency


def latency_of(waits_s: list[float]) -> Latency:
    """The median, and what 99 of 100 stay below; of few batches the 99th is the longest."""
    waits = sorted(waits_s)
    if not waits:
        return Latency(0, 0.0, 0.0, 0.0)
    found = [waits[min(len(waits) - 1, int(share * len(waits)))] for share in (0.5, 0.99)]
    return Latency(len(waits), *(round(wait, 4) for wait in (*found, waits[-1])))
