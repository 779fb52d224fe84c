"""Stored readings of many windows, straight from PostgreSQL into numpy tables.

The server gathers each window's columns into arrays, and an array of fixed-size values that are
never NULL is, on the wire, the table's column already: a Python object for each of a million
readings would cost ten times as much.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from psycopg import Connection

_POSTGRES_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01: the server counts microseconds from there."""
_ARRAY_HEADER_BYTES: Final = 20
_GROUP = timedelta(days=28)
READINGS_AT_ONCE: Final = 100_000
"""More would be no faster and hold more memory: about 300 bytes each, while they are judged."""
_COLUMNS: Final = {
    "time_us": ("r.phenomenon_time", "i8"),
    "seq": ("r.seq", "i8"),
    **{str(p): (f"coalesce(r.{p}, 'NaN')", "f4") for p in Pollutant},
    "rh": ("coalesce(r.rh, 'NaN')", "f4"),
    **{f"channel_{c}": (f"coalesce({{{c}}}, 'NaN')", "f8") for c in "ab"},
    **{f"qc_{p}": (f"r.qc_{p}", "i2") for p in Pollutant},
    "tests": ("r.qc_tests", "i4"),
    "version": ("r.qc_version", "i2"),
}
# A number of any size may stand in `x`; one beyond float8 would stop the worker.
_CHANNEL: Final = (
    "CASE WHEN w.{0} IS NULL OR jsonb_typeof(r.x -> w.{0}) IS DISTINCT FROM 'number' THEN NULL"
    " WHEN abs((r.x ->> w.{0})::numeric) < 0.000001 THEN 0"
    " WHEN abs((r.x ->> w.{0})::numeric) < 1000000000 THEN (r.x ->> w.{0})::float8 END"
)
_GATHERED: Final = ", ".join(
    f"array_agg({source.format(a=_CHANNEL.format('a'), b=_CHANNEL.format('b'))}) AS {name}"
    for name, (source, _) in _COLUMNS.items()
)
_QUERY: Final = f"""
SELECT w.at, g.*
FROM unnest(%(at)s::integer[], %(sensors)s::integer[], %(starts)s::timestamptz[],
    %(ends)s::timestamptz[], %(a)s::text[], %(b)s::text[]) AS w (at, sensor_id, start, until, a, b)
CROSS JOIN LATERAL (
  SELECT {_GATHERED}
  FROM readings r
  WHERE r.sensor_id = w.sensor_id
    AND r.phenomenon_time >= w.start AND r.phenomenon_time < w.until
    AND r.phenomenon_time >= %(from)s AND r.phenomenon_time < %(to)s
) AS g
WHERE g.time_us IS NOT NULL
"""  # noqa: S608  (the names are those above)
TABLE: Final = np.dtype([(name, kind) for name, (_, kind) in _COLUMNS.items()])
"""One row a reading: instants in µs since 1970, NaN for what is absent."""


class Window(NamedTuple):
    """A sensor's readings in [start, end); `channels` are the names in `x` of its two channels."""

    sensor_id: int
    start: datetime
    end: datetime
    channels: tuple[str | None, str | None] = (None, None)


def load_windows(connection: Connection, windows: Sequence[Window]) -> list[NDArray[Any]]:
    """The readings of each window as a `TABLE`, by time and sequence number."""
    tables = [np.empty(0, TABLE)] * len(windows)
    for group in _groups(windows):
        with connection.cursor(binary=True) as cursor:
            cursor.execute(_QUERY.encode(), _parameters(group))
            result = cursor.pgresult
            assert result is not None  # noqa: S101  (a SELECT has one)
            for row in range(result.ntuples):
                fields = [result.get_value(row, column) or b"" for column in range(result.nfields)]
                tables[int.from_bytes(fields[0])] = _table(fields[1:])
    return tables


def newest_only(table: NDArray[Any]) -> NDArray[Any]:
    """The newest word on each instant: the others are what an archive has taken back."""
    is_last: NDArray[np.bool] = np.append(table["time_us"][1:] != table["time_us"][:-1], [True])
    newest: NDArray[Any] = table[is_last[: len(table)]]
    return newest


def _groups(windows: Sequence[Window]) -> list[list[tuple[int, Window]]]:
    """Windows that lie close in time, with their places: one question for each.

    Its bounds let the server leave out the chunks that hold none of them; across years each window
    would be looked for in every chunk.
    """
    groups: defaultdict[int, list[tuple[int, Window]]] = defaultdict(list)
    for at, window in enumerate(windows):
        groups[int(window.start.timestamp() // _GROUP.total_seconds())].append((at, window))
    return list(groups.values())


def _parameters(group: Sequence[tuple[int, Window]]) -> dict[str, Any]:
    windows = [window for _, window in group]
    return {
        "at": [at for at, _ in group],
        "sensors": [window.sensor_id for window in windows],
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
        "a": [window.channels[0] for window in windows],
        "b": [window.channels[1] for window in windows],
        "from": min(window.start for window in windows),
        "to": max(window.end for window in windows),
    }


def _table(arrays: Sequence[bytes]) -> NDArray[Any]:
    columns = [
        _values(content, kind) for content, (_, kind) in zip(arrays, _COLUMNS.values(), strict=True)
    ]
    table = np.empty(len(columns[0]), TABLE)
    for name, values in zip(_COLUMNS, columns, strict=True):
        table[name] = values
    table["time_us"] += _POSTGRES_EPOCH_US
    ordered: NDArray[Any] = table[np.lexsort((table["seq"], table["time_us"]))]
    return ordered


def _values(content: bytes, kind: str) -> NDArray[Any]:
    """A binary array without NULLs: a header, then each value behind its length."""
    element = np.dtype([("length", ">i4"), ("value", ">" + kind)])
    values: NDArray[Any] = np.frombuffer(content, element, offset=_ARRAY_HEADER_BYTES)["value"]
    return values
