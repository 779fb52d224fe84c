"""What an import did: hours by outcome, what was refused and why, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

CREDIT: Final = "ที่มา: กรมควบคุมมลพิษ (Air4Thai)"
_MOST_LINES: Final = 10
"""Reasons told in words; JSON has them all."""


class HourOutcome(StrEnum):
    """What became of an hour that a page names."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    MISSING = "missing"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


_OF_REPLACING: Final = (HourOutcome.REPLACED, HourOutcome.WITHDRAWN)
_WRITTEN: Final = (HourOutcome.NEW, HourOutcome.REVISED, *_OF_REPLACING)
_NOT_YET: Final = (
    "these hours become averages where `dust ingest` runs, or by `dust recompute` over their days"
)


class Refusal(NamedTuple):
    """What was not taken: the page (a file or an address), the hour's label or '', the reason."""

    page: str
    label: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)


@dataclass
class Summary:
    """The outcome of a whole import."""

    sensor: str
    station_id: str
    dry_run: bool
    replace: bool = False
    pages: int = 0
    hours: Counter[HourOutcome] = field(default_factory=Counter)
    absent_values: Counter[str] = field(default_factory=Counter)
    refused_hours: list[Refusal] = field(default_factory=list)
    refused_pages: list[Refusal] = field(default_factory=list)
    left_out: list[Refusal] = field(default_factory=list)
    other_stations: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        """Everything, in names that a program may rely on."""
        return {
            "sensor": self.sensor,
            "station_id": self.station_id,
            "dry_run": self.dry_run,
            "pages": self.pages,
            "hours": {str(one): self.hours[one] for one in self._outcomes()},
            "absent_values": dict(sorted(self.absent_values.items())),
            "refused_hours": [one._asdict() for one in self.refused_hours],
            "refused_pages": [one._asdict() for one in self.refused_pages],
            "left_out": [one._asdict() for one in self.left_out],
            "other_stations": sorted(self.other_stations),
            "credit": CREDIT,
        }

    def lines(self) -> list[str]:
        """The same for people."""
        counts = ", ".join(f"{self.hours[one]} {one}" for one in self._outcomes())
        return [
            f"{self.station_id} -> {self.sensor}: {self.pages} pages; hours: {counts}",
            *_told("page refused", self.refused_pages),
            *_told("hour refused", self.refused_hours),
            *_told("weather left out", self.left_out),
            *([f"other stations passed over: {self._others()}"] if self.other_stations else []),
            *([_NOT_YET] if self._has_written() else []),
            *(["dry run: nothing was written"] if self.dry_run else []),
            CREDIT,
        ]

    def _outcomes(self) -> list[HourOutcome]:
        return [one for one in HourOutcome if self.replace or one not in _OF_REPLACING]

    def _has_written(self) -> bool:
        return not self.dry_run and any(self.hours[one] for one in _WRITTEN)

    def _others(self) -> str:
        return ", ".join(sorted(self.other_stations))


def _told(what: str, refusals: list[Refusal]) -> list[str]:
    told = [f"{what}: {one}" for one in refusals[:_MOST_LINES]]
    more = len(refusals) - _MOST_LINES
    return [*told, f"{what}: and {more} more (--json tells all)"] if more > 0 else told
