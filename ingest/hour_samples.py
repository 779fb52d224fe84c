"""The values behind the hours of stations: which count, corrected and as they came.

Sums are exact: almost every value has three decimals at most, so thousandths are added as whole
numbers, and only what is finer goes through decimals one by one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dust.claims import ClaimClass, claims_table, weakest
from dust.decimals import exact
from dust.pollutants import Pollutant
from dust.quality import QcFlag
from dust.storage.stored_corrections import load_book
from ingest.reading_windows import READINGS_AT_ONCE, Window, load_windows, newest_only
from ingest.station_hour import StationHour, Told, told_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from psycopg import Connection

    from dust.storage.stored_corrections import CorrectionBook

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_BELOW: Final = 8192
"""Below it binary32 steps are finer than a thousandth, so a thousandth that is met is the value."""


@dataclass(slots=True)
class Samples:
    """The values of one pollutant in one hour of a station, µg/m³."""

    raw_sum: Decimal = Decimal(0)
    n_raw: int = 0
    corrected_sum: Decimal = Decimal(0)
    n_corrected: int = 0
    n_measured: int = 0
    interval_sum_s: float = 0
    tests: int = 0
    corrections: set[int] = field(default_factory=set)
    claims: set[ClaimClass] = field(default_factory=set)
    claims_of_failed: set[ClaimClass] = field(default_factory=set)

    @property
    def sampling_interval_s(self) -> float:
        return self.interval_sum_s / self.n_measured

    @property
    def claim(self) -> ClaimClass:
        """As good as the weakest value that counts."""
        return weakest(self.claims or self.claims_of_failed)


def load_samples(
    connection: Connection, hours: Sequence[StationHour]
) -> dict[tuple[StationHour, Pollutant], Samples]:
    """What the hours hold, by pollutant; an hour without any value of one is left out."""
    models = claims_table().models
    parts = [part for part in told_parts(connection, hours) if part.model in models]
    if not parts:
        return {}
    book = load_book(connection, {part.sensor_id for part in parts})
    samples: defaultdict[tuple[StationHour, Pollutant], Samples] = defaultdict(Samples)
    for some in _at_once(parts):
        windows = [Window(part.sensor_id, part.start, part.end) for part in some]
        for part, rows in zip(some, load_windows(connection, windows), strict=True):
            if len(rows):
                counting = newest_only(rows) if models[part.model].revises else rows
                _collect(samples, part, counting, book)
    return dict(samples)


def _at_once(parts: Sequence[Told]) -> Iterator[list[Told]]:
    """As many parts at a time as memory should hold."""
    some: list[Told] = []
    expected = 0.0
    for part in parts:
        some.append(part)
        expected += (part.end - part.start).total_seconds() / part.sampling_interval_s
        if expected > READINGS_AT_ONCE:
            yield some
            some, expected = [], 0.0
    if some:
        yield some


def _collect(
    samples: defaultdict[tuple[StationHour, Pollutant], Samples],
    part: Told,
    rows: NDArray[Any],
    book: CorrectionBook,
) -> None:
    for pollutant in Pollutant:
        measured = ~np.isnan(rows[pollutant])
        n_measured = int(measured.sum())
        if pollutant not in part.reports or not n_measured:
            continue
        found = samples[part.hour, pollutant]
        found.n_measured += n_measured
        found.interval_sum_s += n_measured * part.sampling_interval_s
        found.tests |= int(np.bitwise_or.reduce(rows["tests"][measured]))
        counting = rows[measured & (rows[f"qc_{pollutant}"] != QcFlag.FAIL)]
        if len(counting):
            _count(found, part, pollutant, counting, book)
        else:
            found.claims_of_failed.add(claims_table().models[part.model].claim_of(pollutant))


def _count(
    found: Samples, part: Told, pollutant: Pollutant, rows: NDArray[Any], book: CorrectionBook
) -> None:
    total = exact_sum(rows[pollutant])
    found.raw_sum += total
    found.n_raw += len(rows)
    if book.knows(part.sensor_id, pollutant):
        _correct(found, part, pollutant, rows, book)
    else:
        found.corrected_sum += total
        found.n_corrected += len(rows)
        found.claims.add(claims_table().models[part.model].claim_of(pollutant))


def _correct(
    found: Samples, part: Told, pollutant: Pollutant, rows: NDArray[Any], book: CorrectionBook
) -> None:
    own_claim = claims_table().models[part.model].claim_of(pollutant)
    for value, rh, time_us in zip(rows[pollutant], rows["rh"], rows["time_us"], strict=True):
        instant = _EPOCH + timedelta(microseconds=int(time_us))
        correction = book.at(part.sensor_id, pollutant, instant)
        corrected: Decimal | None = exact(str(value))
        claim = own_claim
        if correction is not None and corrected is not None:
            corrected = correction.applied(corrected, None if np.isnan(rh) else exact(str(rh)))
            claim = _better(own_claim, correction.claim_class)
        if corrected is not None:
            if correction is not None:
                found.corrections.add(correction.correction_id)
            found.corrected_sum += corrected
            found.n_corrected += 1
            found.claims.add(claim)


def _better(own: ClaimClass, earned: ClaimClass | None) -> ClaimClass:
    """A calibration that meets the targets raises a class; none lowers it."""
    return own if earned is None else min(own, earned, key=list(ClaimClass).index)


def exact_sum(values: NDArray[np.float32]) -> Decimal:
    """The sum of the decimals that a person would read for these binary32 values."""
    thousandths = np.rint(values.astype(np.float64) * 1000)
    as_read = (thousandths / 1000).astype(np.float32)
    if bool(np.all((as_read == values) & (np.abs(values) < _EXACT_BELOW))):
        return Decimal(int(thousandths.sum())).scaleb(-3)
    return sum((exact(str(value)) for value in values), Decimal(0))
