"""What lies in the spools of the bench, and the only place that knows how it gets in and out."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dust.wire import WireReading, spooled_body
from firmware_bridge.bench.frames import LEVELS, MODEL, frame
from firmware_bridge.sensors import sensor_model
from firmware_bridge.spool import Entry, Spool

if TYPE_CHECKING:
    from pathlib import Path

GROUP: Final = 500
"""Readings in a batch, as a gateway sends them."""
_SENSORS: Final = 20
_APART_MS: Final = 50


def code(number: int) -> str:
    """The code of a sensor of the bench."""
    return f"bench-{number:02}"


def bodies(count: int) -> list[bytes]:
    """Spooled bodies of PMS5003 readings: 20 sensors in turn, levels that change."""
    different = [
        _body(code(number), level) for level in range(LEVELS) for number in range(_SENSORS)
    ]
    return list(islice(cycle(different), count))


def _body(sensor: str, level_ugm3: int) -> bytes:
    model = sensor_model(MODEL)
    decoded = model.decode(frame(level_ugm3))
    values: dict[str, Any] = {
        field: float(decoded[source]) for field, source in model.values.items()
    }
    extras = {name: float(decoded[name]) for name in model.extras}
    return spooled_body(WireReading(seq=0, t=0, sensor=sensor, x=extras, **values))


def put(spool: Spool, some: list[bytes]) -> None:
    """One commit of these bodies, all of this instant."""
    now_ms = time.time_ns() // 1_000_000
    spool.put([Entry(body, now_ms) for body in some])


def fill(path: Path, count: int) -> None:
    """A new spool with so many readings that end now, 50 ms apart."""
    first_ms = time.time_ns() // 1_000_000 - count * _APART_MS
    entries = [Entry(body, first_ms + at * _APART_MS) for at, body in enumerate(bodies(count))]
    with closing(Spool(path)) as spool:
        for at in range(0, count, GROUP):
            spool.put(entries[at : at + GROUP])


def drain(spool: Spool) -> int:
    """Take the oldest batch out of the spool, as a receipt for all of it does; how many."""
    rows = spool.after(0, GROUP)
    return spool.confirm([(rows[0].seq, rows[-1].seq)]) if rows else 0


def frames_left(path: Path) -> dict[int, int]:
    """How many frames stand behind each reading that is still in the spool, by its number."""
    with closing(Spool(path)) as spool:
        rows = spool.after(0, max(1, spool.depth))
    return {row.seq: int(msgspec.json.decode(row.body).get("n", 1)) for row in rows}


def is_empty(path: Path) -> bool:
    """Whether the spool of a running bridge holds nothing any more."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute("SELECT 1 FROM readings LIMIT 1").fetchone() is None
