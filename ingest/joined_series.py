"""Many windows of readings judged at once, laid one after another with long silences between them.

No test looks across a silence, so the outcome is that of each window by itself; one pass over all
costs a tenth of a pass for each.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dust.pollutants import Pollutant
from dust.quality import QC_VERSION, QcTest
from dust.quality_control import SensorSeries, check_series, looks_for_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dust.claims import SensorModel
    from dust.periods import Period

_SILENCE_MS: Final = 30 * 86_400_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Judged(NamedTuple):
    """Readings whose flags must change: the window of each, the reading, its flags and tests."""

    window: NDArray[np.int64]
    rows: NDArray[Any]
    flags: dict[Pollutant, NDArray[np.int16]]
    tests: NDArray[np.int32]
    longest_look_ms: NDArray[np.int64]
    """Of each window."""


def judge(
    tables: Sequence[NDArray[Any]],
    judged: Sequence[Period],
    model: SensorModel,
    sampling_interval_s: float,
) -> Judged:
    """The readings within `judged` of each table that must be flagged otherwise than they are.

    Args:
        tables: `reading_windows.TABLE` rows of each window, ascending in time.
        judged: the part of each window in which flags may change.
        model: of all these sensors.
        sampling_interval_s: of all these sensors.
    """
    rows = np.concatenate(tables)
    window = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    series = _series(rows, window, model)
    outcome = check_series(series, model, sampling_interval_s)
    differs = (outcome.tests != rows["tests"]) | (rows["version"] != QC_VERSION)
    for pollutant in Pollutant:
        differs |= outcome.flags[pollutant] != rows[f"qc_{pollutant}"]
    first, last = (
        np.array([microseconds(edge) for edge in edges], np.int64)
        for edges in ([span.start for span in judged], [span.end for span in judged])
    )
    differs &= (rows["time_us"] >= first[window]) & (rows["time_us"] < last[window])
    which = np.flatnonzero(differs)
    return Judged(
        window[which],
        rows[which],
        {pollutant: outcome.flags[pollutant][which] for pollutant in Pollutant},
        outcome.tests[which],
        _longest(looks_for_ms(series, model, sampling_interval_s), window, len(tables)),
    )


def _longest(
    of_readings: NDArray[np.int64], window: NDArray[np.int64], n_windows: int
) -> NDArray[np.int64]:
    longest = np.zeros(n_windows, np.int64)
    np.maximum.at(longest, window, of_readings)
    return longest


def _series(rows: NDArray[Any], window: NDArray[np.int64], model: SensorModel) -> SensorSeries:
    return SensorSeries(
        _apart(rows["time_us"] // 1000, window),
        {pollutant: rows[pollutant].astype(np.float64) for pollutant in Pollutant},
        rows["rh"].astype(np.float64),
        (rows["channel_a"], rows["channel_b"]) if model.qc.channels else None,
        (rows["tests"] & QcTest.CLOCK_AHEAD) != 0,
    )


def _apart(times_ms: NDArray[np.int64], window: NDArray[np.int64]) -> NDArray[np.int64]:
    """The times with each window moved behind the one before it, a long silence between."""
    steps = np.diff(times_ms, prepend=times_ms[:1])
    steps[1:][window[1:] != window[:-1]] = _SILENCE_MS
    moved: NDArray[np.int64] = np.cumsum(steps)
    return moved


def microseconds(instant: datetime) -> int:
    """Since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant_of(time_us: int) -> datetime:
    """The instant so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=time_us)
