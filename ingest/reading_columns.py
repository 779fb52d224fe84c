"""Readings as columns, because what is done to thousands at once is done to columns."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import numpy as np

from dust.quality_control.arrays import Floats, Ints, floats
from dust.readings import VALUE_FIELDS
from dust.wire import Count, Instant, Sequence, WireReading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence as Several

    from numpy.typing import NDArray

_NOTHING: Final = msgspec.Raw()
_EMPTY: Final = (b"", b"{}", b"null")


class ReceivedReading(
    msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False
):
    """A `WireReading` whose extras are still the bytes that came; nothing looks into most."""

    seq: Sequence
    t: Instant
    sensor: str
    n: Count = 1
    pm1: float | None = None
    pm25: float | None = None
    pm10: float | None = None
    tsp: float | None = None
    t_c: float | None = None
    rh: float | None = None
    p_hpa: float | None = None
    wind_mps: float | None = None
    wind_deg: float | None = None
    x: msgspec.Raw = _NOTHING


Reading = WireReading | ReceivedReading


@dataclass(frozen=True, eq=False, slots=True)
class ReadingColumns:
    """Readings of any sensors; values as they came, NaN where one is absent.

    `extras` are JSON objects as bytes, empty where there are none.
    """

    times_ms: Ints
    seqs: Ints
    frames: Ints
    values: Mapping[str, Floats]
    extras: list[bytes]

    def __len__(self) -> int:
        return len(self.times_ms)

    @classmethod
    def of(cls, readings: Several[Reading]) -> Self:
        """The columns of `readings`, in their order."""
        return cls(
            _whole(readings, "t"),
            _whole(readings, "seq"),
            _whole(readings, "n"),
            {name: _values(readings, name) for name in VALUE_FIELDS},
            [_extras(reading.x) for reading in readings],
        )

    @classmethod
    def joined(cls, first: Self, second: Self) -> Self:
        """The readings of both, one after the other."""
        return cls(
            np.concatenate([first.times_ms, second.times_ms]),
            np.concatenate([first.seqs, second.seqs]),
            np.concatenate([first.frames, second.frames]),
            {
                name: np.concatenate([first.values[name], second.values[name]])
                for name in VALUE_FIELDS
            },
            first.extras + second.extras,
        )

    def at(self, places: NDArray[Any]) -> ReadingColumns:
        """The readings at these places, in this order."""
        return ReadingColumns(
            self.times_ms[places],
            self.seqs[places],
            self.frames[places],
            {name: column[places] for name, column in self.values.items()},
            [self.extras[place] for place in places.tolist()],
        )


def _whole(readings: Several[Reading], name: str) -> Ints:
    return np.fromiter(map(attrgetter(name), readings), np.int64, len(readings))


def _values(readings: Several[Reading], name: str) -> Floats:
    told = list(map(attrgetter(name), readings))
    # Most sensors leave most fields out; a whole column of None is told at once.
    if told.count(None) == len(told):
        return np.full(len(told), np.nan)
    return floats(told)


def _extras(extras: object) -> bytes:
    if extras is None or extras == {}:
        return b""
    if isinstance(extras, msgspec.Raw):
        text = bytes(extras)
        return b"" if text in _EMPTY else text
    return msgspec.json.encode(extras)
