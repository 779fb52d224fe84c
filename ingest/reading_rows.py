"""Readings as the rows of the table: registered, flagged, sorted, in PostgreSQL's binary form."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dust.pollutants import Pollutant
from dust.quality import QC_VERSION
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
_TYPES: Final[dict[str, str]] = {
    "sensor_id": ">i4",
    "phenomenon_time": ">i8",
    "seq": ">i8",
    "n": ">i4",
    **dict.fromkeys(VALUE_FIELDS, ">f4"),
    **dict.fromkeys(FLAG_FIELDS, ">i2"),
    "qc_tests": ">i4",
    "qc_version": ">i2",
}
COPIED: Final = (*_TYPES, "x")
"""The columns of the binary form, in order."""
_EPOCH_2000_MS: Final = 946_684_800_000
_HOUR_MS: Final = 3_600_000
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_IS_NULL: Final = -1
_JSONB_VERSION: Final = 1
_HAS_EXTRAS: Final = 1 << len(VALUE_FIELDS)


@dataclass(frozen=True, eq=False, slots=True)
class ReadingRows:
    """Rows sorted by sensor, time and number, so that two workers lock them in the same order."""

    sensor_ids: Ints
    columns: ReadingColumns
    flags: Mapping[Pollutant, Flags]
    tests: NDArray[np.int32]
    partial_sensors: frozenset[int] = frozenset()
    """Those of whose quantities each reading has a part."""
    made_stream: bytes | None = None
    """The stream, where it was made ahead."""

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

    def touched_hours(self) -> tuple[Ints, Ints]:
        """Of sorted rows, each sensor and hour (since the epoch) that there is, once."""
        hours = self.columns.times_ms // _HOUR_MS
        is_next = np.diff(self.sensor_ids, prepend=-1) != 0
        is_next |= np.diff(hours, prepend=-1) != 0
        return self.sensor_ids[is_next], hours[is_next]

    def has_repeats(self) -> bool:
        """Of sorted rows, whether two have the same key."""
        keys = (self.sensor_ids, self.columns.times_ms, self.columns.seqs)
        return bool(np.logical_and.reduce([np.diff(key) == 0 for key in keys]).any())

    def with_stream(self) -> ReadingRows:
        """The same rows with their stream made: the thread that writes then need not."""
        return replace(self, made_stream=self.copy_stream())

    def copy_stream(self) -> bytes:
        """All rows in the binary form of COPY (PostgreSQL documentation, COPY, file formats)."""
        if self.made_stream is not None:
            return self.made_stream
        pieces = [b""] * (2 * len(self))
        pieces[1::2] = self.columns.extras
        shapes, columns = self._shapes(), self._fixed_columns()
        for shape in np.unique(shapes).tolist():
            places = np.flatnonzero(shapes == shape)
            fixed = self._fixed_part(columns, places, shape)
            body, width = fixed.tobytes(), fixed.dtype.itemsize
            for at, place in enumerate(places.tolist()):
                pieces[2 * place] = body[at * width : (at + 1) * width]
        return _HEADER + b"".join(pieces) + _TRAILER

    def _shapes(self) -> NDArray[np.int64]:
        """Which of its fields each row has, as bits: rows of one shape have one width."""
        texts = self.columns.extras
        shapes = np.fromiter(map(bool, texts), np.int64, len(texts)) * _HAS_EXTRAS
        for bit, name in enumerate(VALUE_FIELDS):
            shapes |= ~np.isnan(self.columns.values[name]) * np.int64(1 << bit)
        return shapes

    def _fixed_part(
        self, columns: Mapping[str, NDArray[Any]], places: NDArray[np.int64], shape: int
    ) -> NDArray[Any]:
        """All but the extras themselves of the rows at `places`, which are of this shape."""
        absent = {name for bit, name in enumerate(VALUE_FIELDS) if not shape & 1 << bit}
        layout = [("fields", ">i2")]
        for name, kind in _TYPES.items():
            layout += [(f"{name} bytes", ">i4")] + [(name, kind)] * (name not in absent)
        layout += [("x bytes", ">i4")] + [("x version", ">i1")] * bool(shape & _HAS_EXTRAS)
        rows = np.empty(len(places), np.dtype(layout))
        rows["fields"] = len(COPIED)
        for name, column in columns.items():
            rows[f"{name} bytes"] = _IS_NULL if name in absent else np.dtype(_TYPES[name]).itemsize
            if name not in absent:
                rows[name] = column[places]
        rows["x bytes"] = _IS_NULL
        if shape & _HAS_EXTRAS:
            rows["x version"] = _JSONB_VERSION
            lengths = [len(self.columns.extras[place]) + 1 for place in places.tolist()]
            rows["x bytes"] = lengths
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
            "qc_version": np.full(len(self), QC_VERSION),
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
