"""How well a sensor's data come: how complete, how new, how often flagged; and one word for it.

The thresholds are decided here (docs/method.md): *silent* after six hours, because a day that lacks
more than six hours is not complete any more; *late* after ten minutes or two sampling intervals;
*poor* where less than 75 % of the last 24 hours are valid, or more than a quarter of the values
failed, or more than half were suspect or failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dust.indicators.today import FRESH_S
from dust.quality import QcTest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SILENT_S: Final = 6 * 3600
_LATE_INTERVALS: Final = 2
_LEAST_COMPLETENESS: Final = Decimal("0.75")
_MOST_FAILED: Final = Decimal("0.25")
_MOST_FLAGGED: Final = Decimal("0.5")


class HealthState(StrEnum):
    """One word for a sensor's data; the order is from best to worst."""

    GOOD = "good"
    POOR = "poor"
    LATE = "late"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Completeness:
    """Valid hours of the hours that could be valid."""

    n_valid: int
    n_possible: int

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.n_valid) / self.n_possible if self.n_possible else None

    @property
    def is_enough(self) -> bool:
        """Of nothing possible, nothing lacks."""
        return self.share is None or self.share >= _LEAST_COMPLETENESS


@dataclass(frozen=True, slots=True)
class FlaggedValues:
    """How many values there were, and how many of them were suspect or failed."""

    n_values: int
    n_suspect: int
    n_failed: int

    @property
    def suspect_share(self) -> Decimal | None:
        return Decimal(self.n_suspect) / self.n_values if self.n_values else None

    @property
    def failed_share(self) -> Decimal | None:
        return Decimal(self.n_failed) / self.n_values if self.n_values else None

    @property
    def are_too_many(self) -> bool:
        n_flagged = self.n_suspect + self.n_failed
        return (
            self.n_failed > _MOST_FAILED * self.n_values
            or n_flagged > _MOST_FLAGGED * self.n_values
        )


def age_s(last_seen: datetime | None, now: datetime) -> float | None:
    """The age of the newest reading in seconds; one from the future is new."""
    return None if last_seen is None else max(0.0, (now - last_seen).total_seconds())


def health_state(
    age: float | None,
    sampling_interval_s: float,
    last_24h: Completeness,
    flagged: FlaggedValues,
) -> HealthState:
    """The word for a sensor's data; of several reasons the one that is told first.

    Args:
        age: of the newest reading in seconds, None where there never was one.
        sampling_interval_s: the time that one reading stands for.
        last_24h: valid hours of the last 24, or of those since the sensor was put up.
        flagged: the values of the last 24 hours.
    """
    patience_s = _LATE_INTERVALS * sampling_interval_s
    if age is None or age > max(SILENT_S, patience_s):
        return HealthState.SILENT
    if age > max(FRESH_S, patience_s):
        return HealthState.LATE
    if flagged.are_too_many or not last_24h.is_enough:
        return HealthState.POOR
    return HealthState.GOOD


def names_of_tests(mask: int) -> list[str]:
    """The quality tests in a bit mask, in words; bits that no test has are left out."""
    return [str(test.name).lower() for test in QcTest if test & mask]


def all_tests(masks: Iterable[int]) -> int:
    """Every test that spoke in any of these."""
    together = 0
    for mask in masks:
        together |= mask
    return together
