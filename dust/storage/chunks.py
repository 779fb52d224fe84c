"""The chunk interval in the database, and what server and network say of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dust.errors import DustError
from dust.storage.chunk_interval import HISTORY, Load, Memory, Reckoning
from dust.storage.patience import patiently
from dust.storage.reading_size import reading_size

if TYPE_CHECKING:
    from psycopg import Connection

_DAY_S: Final = 86_400
_USUAL_S: Final = 60.0
# Sensors that tell of a station now; before any is deployed, all that are registered.
_LOAD: Final = """
SELECT count(*), coalesce(sum(86400 / s.sampling_interval_s), 0)
FROM sensors s
WHERE NOT EXISTS (SELECT 1 FROM deployments WHERE deployed_to IS NULL OR deployed_to > now())
  OR EXISTS (SELECT 1 FROM deployments d WHERE d.sensor_id = s.sensor_id
    AND (d.deployed_to IS NULL OR d.deployed_to > now()))
"""
_MEMORY: Final = """
SELECT pg_size_bytes(current_setting('shared_buffers')),
  (SELECT pg_size_bytes(current_setting('effective_cache_size')) FROM pg_settings
   WHERE name = 'effective_cache_size' AND source <> 'default')
"""
_INTERVAL: Final = """
SELECT make_interval(secs => d.interval_length / 1000000.0)
FROM _timescaledb_catalog.dimension d JOIN _timescaledb_catalog.hypertable h
  ON h.id = d.hypertable_id
WHERE h.schema_name = current_schema() AND h.table_name = 'readings'
"""
_KEEP: Final = "SELECT now() - (now() - keep_readings) FROM storage_settings"


class NoHypertable(DustError):  # noqa: N818  (named by what is wrong)
    """`readings` is a plain table: it has no chunks."""


def chunk_interval(connection: Connection) -> timedelta | None:
    """That of new chunks; None of a plain table."""
    known = connection.execute("SELECT to_regclass('_timescaledb_catalog.dimension')").fetchone()
    if known is None or known[0] is None:
        return None
    (interval,) = connection.execute(_INTERVAL).fetchone() or (None,)
    return interval if isinstance(interval, timedelta) else None


def set_chunk_interval(connection: Connection, interval: timedelta) -> None:
    """Of chunks that are made from now on; those that there are stay as they are."""
    if chunk_interval(connection) is None:
        raise NoHypertable("readings is a plain table: it has no chunks, nothing can be set")
    patiently(
        connection,
        lambda: connection.execute(
            "SELECT set_chunk_time_interval('readings', %s::interval)", (interval,)
        ),
        "setting the chunk interval",
    )


def read_reckoning(
    connection: Connection, n_sensors: int | None = None, sampling_interval_s: float | None = None
) -> Reckoning:
    """From the deployed sensors, or so many as often; the server's memory; and retention."""
    load = _load(connection, n_sensors, sampling_interval_s)
    shared, cache = connection.execute(_MEMORY).fetchone() or (0, None)
    memory = Memory(int(shared), None if cache is None else int(cache))
    (keep,) = connection.execute(_KEEP).fetchone() or (None,)
    return Reckoning(load, memory, keep if isinstance(keep, timedelta) else HISTORY)


def _load(connection: Connection, n_sensors: int | None, sampling_interval_s: float | None) -> Load:
    count, per_day = connection.execute(_LOAD).fetchone() or (0, 0)
    if n_sensors is not None or sampling_interval_s is not None:
        usual_s = _DAY_S * count / float(per_day) if count else _USUAL_S
        count = count if n_sensors is None else n_sensors
        per_day = count * _DAY_S / (sampling_interval_s or usual_s)
    return Load(int(count), float(per_day), reading_size(connection))
