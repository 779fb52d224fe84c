"""Readings as the rows of the table: registered, flagged, sorted, in PostgreSQL's binary form."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dust.pollutants import Pollutant
from dust.readings import VALUE_FIELDS
from ingest.qc import check_columns
from ingest.reading_columns import ReadingColumns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dust.quality_control.arrays import Flags, Ints
    from ingest.reading_columns import Reading
    from ingest.registry import RegisteredSensor

FLAG_FIELDS: Final = tuple(f"qc_{pollutant}" for pollutant in Pollutant)
COPIED: Final = (
    *("sensor_id", "phenomenon_time", "seq", "n"),
    *VALUE_FIELDS,
    *FLAG_FIELDS,
    *("qc_tests", "x"),
)
"""The columns of the binary form, in order. An absent value is NaN: no reading says that."""
_EPOCH_2000_MS: Final = 946_684_800_000
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NO_EXTRAS: Final = b"\xff\xff\xff\xff"
_TYPES: Final[dict[str, str]] = {
    "sensor_id": ">i4",
    "phenomenon_time": ">i8",
    "seq": ">i8",
    "n": ">i4",
    **dict.fromkeys(VALUE_FIELDS, ">f4"),
    **dict.fromkeys(FLAG_FIELDS, ">i2"),
    "qc_tests": ">i4",
}


@dataclass(frozen=True, eq=False, slots=True)
class ReadingRows:
    """Rows sorted by sensor, time and number, so that two workers lock them in the same order."""

    sensor_ids: Ints
    columns: ReadingColumns
    flags: Mapping[Pollutant, Flags]
    tests: NDArray[np.int32]
    partial_sensors: frozenset[int] = frozenset()
    """Those of whose quantities each reading has a part."""

    def __len__(self) -> int:
        return len(self.sensor_ids)

    def at(self, places: NDArray[Any]) -> ReadingRows:
        """The rows at these places, in this order."""
        return ReadingRows(
            self.sensor_ids[places],
            self.columns.at(places),
            {pollutant: flags[places] for pollutant, flags in self.flags.items()},
            self.tests[places],
            self.partial_sensors,
        )

    def sorted_places(self) -> NDArray[np.int64]:
        """The order of their keys."""
        keys = (self.columns.seqs, self.columns.times_ms, self.sensor_ids)
        places: NDArray[np.int64] = np.lexsort(keys)
        return places

    def newest_places(self) -> NDArray[np.int64]:
        """Of sorted rows, the last one of each sensor."""
        places: NDArray[np.int64] = np.flatnonzero(np.diff(self.sensor_ids, append=-1))
        return places

    def copy_stream(self) -> bytes:
        """All rows in the binary form of COPY (PostgreSQL documentation, COPY, file formats)."""
        fixed = self._fixed_part()
        body, width = fixed.tobytes(), fixed.dtype.itemsize
        extras = self.columns.extras
        parts = [
            body[at * width : (at + 1) * width]
            + (struct.pack(">ib", len(text) + 1, 1) + text if text else _NO_EXTRAS)
            for at, text in enumerate(extras)
        ]
        return _HEADER + b"".join(parts) + _TRAILER

    def _fixed_part(self) -> NDArray[Any]:
        layout = [("fields", ">i2")]
        for name, kind in _TYPES.items():
            layout += [(f"{name} bytes", ">i4"), (name, kind)]
        rows = np.empty(len(self), np.dtype(layout))
        rows["fields"] = len(COPIED)
        for name, column in self._fixed_columns().items():
            rows[f"{name} bytes"] = np.dtype(_TYPES[name]).itemsize
            rows[name] = column
        return rows

    def _fixed_columns(self) -> dict[str, NDArray[Any]]:
        return {
            "sensor_id": self.sensor_ids,
            "phenomenon_time": (self.columns.times_ms - _EPOCH_2000_MS) * 1000,
            "seq": self.columns.seqs,
            "n": self.columns.frames,
            **self.columns.values,
            **{f"qc_{pollutant}": flags for pollutant, flags in self.flags.items()},
            "qc_tests": self.tests,
        }


def rows_of(
    readings: Sequence[Reading], sensors: Mapping[str, RegisteredSensor], now_ms: int
) -> ReadingRows:
    """The sorted rows of readings that arrive at `now_ms`; `sensors` has those of all by code."""
    registered = [sensors[reading.sensor] for reading in readings]
    rows = flagged_rows(ReadingColumns.of(readings), registered, now_ms)
    return rows.at(rows.sorted_places())


def flagged_rows(
    columns: ReadingColumns, registered: Sequence[RegisteredSensor], now_ms: int
) -> ReadingRows:
    """The rows of readings with their sensors, flagged, in the order of `columns`."""
    n = len(columns)
    flags: dict[Pollutant, Flags] = {p: np.zeros(n, np.int16) for p in Pollutant}
    tests = np.zeros(n, np.int32)
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, sensor in enumerate(registered):
        places[id(sensor.model)].append(place)
    for of_model in places.values():
        chosen = np.array(of_model, np.int64)
        outcome = check_columns(columns.at(chosen), registered[of_model[0]].model, now_ms)
        tests[chosen] = outcome.tests
        for pollutant, told in outcome.flags.items():
            flags[pollutant][chosen] = told
    ids = np.fromiter((sensor.sensor_id for sensor in registered), np.int64, n)
    return ReadingRows(ids, columns, flags, tests)
