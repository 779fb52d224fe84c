"""The readings of one sensor in columns, as the tests look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dust.errors import BadInput
from dust.quality_control.arrays import Bools, Floats, Ints, as_stored, check_length, floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dust.pollutants import Pollutant


@dataclass(frozen=True, eq=False, slots=True)
class SensorSeries:
    """Readings of one sensor: phenomenon times in epoch ms, values in µg/m³, rh in %.

    NaN is absent, a pollutant without a column absent throughout. Times ascend (equal ones are
    allowed) where tests look along the series.
    """

    times_ms: Ints
    values: Mapping[Pollutant, Floats]
    rh: Floats
    channels: tuple[Floats, Floats] | None
    clock_ahead: Bools

    def __post_init__(self) -> None:
        columns: dict[str, NDArray[Any]] = {"rh": self.rh, "clock_ahead": self.clock_ahead}
        columns |= {f"values.{pollutant}": column for pollutant, column in self.values.items()}
        columns |= {f"channels[{at}]": column for at, column in enumerate(self.channels or ())}
        for field, column in columns.items():
            check_length(field, column, len(self.times_ms))

    @classmethod
    def from_columns(
        cls,
        times_ms: Sequence[int],
        values: Mapping[Pollutant, Sequence[float | None]],
        rh: Sequence[float | None] | None = None,
        channels: tuple[Sequence[float | None], Sequence[float | None]] | None = None,
        clock_ahead: Sequence[bool] | None = None,
    ) -> Self:
        """From lists in which None is absent; values as the database would keep them."""
        n = len(times_ms)
        return cls(
            np.asarray(times_ms, dtype=np.int64).reshape(-1),
            {pollutant: as_stored(column) for pollutant, column in values.items()},
            np.full(n, np.nan) if rh is None else as_stored(rh),
            None if channels is None else (floats(channels[0]), floats(channels[1])),
            np.zeros(n, np.bool_) if clock_ahead is None else np.asarray(clock_ahead, np.bool_),
        )

    def check_ascending(self) -> None:
        """Raise `BadInput` at the first reading that is older than the one before it."""
        back = np.flatnonzero(np.diff(self.times_ms) < 0)
        if len(back):
            at = int(back[0]) + 1
            allowed = f"at least {self.times_ms[at - 1]}, the time before it"
            raise BadInput(f"times_ms[{at}]", int(self.times_ms[at]), allowed)
