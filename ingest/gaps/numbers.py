"""The holes in the sequence numbers of a spool, each number with exactly one cause.

A gateway numbers its readings from 1 without holes and forgets one only on a receipt. So a number
that is neither here nor in quarantine was given up, lies in a damaged file, waits, or is a riddle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ingest.gaps.causes import Cause
from ingest.gaps.ranges import highest, intersection, newest, ranges, size, union, without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.gaps.ranges import Ranges

_OTHER: Final = ""
"""The reason of a number whose row in quarantine cannot be found."""


@dataclass(frozen=True, slots=True)
class SpoolFacts:
    """All that is known of one spool of one gateway."""

    gateway: str
    spool: str
    stored: Ranges = ()
    quarantined: Ranges = ()
    reasons: Mapping[str, Ranges] = field(default_factory=dict)
    """The quarantined numbers by reason; a number may be refused for several."""
    dropped: Ranges = ()
    n_dropped: int = 0
    """Readings given up, those that never had a number included."""
    ranges_are_cut: bool = False
    """Whether the gateway has given up more ranges than it tells."""
    is_told: bool = False
    """Whether its gateway has ever spoken of it; what follows is its last word."""
    depth: int = 0
    known_to: int = 0
    """The highest number that there was then."""
    n_arrived: int = 0
    """How many had arrived then."""
    ended_as: Literal["set_aside", "replaced"] | None = None
    n_recent: int = 0
    """So many of the highest numbers may still be on their way."""


class NumberHole(NamedTuple):
    """Missing numbers, `first` to `last`, of one cause (and reason of quarantine)."""

    first: int
    last: int
    cause: Cause
    reason: str = ""

    @property
    def size(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class SpoolAccount:
    """What became of every number of a spool, and of readings whose numbers are not known."""

    facts: SpoolFacts
    highest: int
    holes: tuple[NumberHole, ...]
    unnumbered: Mapping[Cause, int]

    def count(self, cause: Cause) -> int:
        """How many readings have this cause."""
        numbered = sum(hole.size for hole in self.holes if hole.cause is cause)
        return numbered + self.unnumbered.get(cause, 0)


def account(facts: SpoolFacts) -> SpoolAccount:
    """Explain each number from 1 to the highest that is known."""
    top = max(*map(highest, (facts.stored, facts.quarantined, facts.dropped)), facts.known_to)
    missing = without(ranges([(1, top)]), facts.stored)
    holes: list[NumberHole] = []
    for cause, reason, numbers in _causes(facts, top, missing):
        explained = intersection(missing, numbers)
        missing = without(missing, explained)
        holes += [NumberHole(first, last, cause, reason) for first, last in explained]
    holes += [NumberHole(first, last, Cause.UNEXPLAINED) for first, last in missing]
    return SpoolAccount(facts, top, tuple(sorted(holes)), _unnumbered(facts, holes))


def _causes(facts: SpoolFacts, top: int, missing: Ranges) -> Iterator[tuple[Cause, str, Ranges]]:
    """Each cause with the numbers that it may explain; the first that explains one counts."""
    for reason, numbers in sorted(facts.reasons.items()):
        yield Cause.QUARANTINED, reason, intersection(facts.quarantined, numbers)
    yield Cause.QUARANTINED, _OTHER, facts.quarantined
    yield Cause.GIVEN_UP, "", facts.dropped
    left = without(without(missing, facts.quarantined), facts.dropped)
    untold = _given_up_untold(facts, left)
    yield Cause.GIVEN_UP, "", untold
    if facts.ended_as == "set_aside":
        yield Cause.SET_ASIDE, "", left
    elif facts.ended_as is None:
        yield Cause.NOT_ARRIVED, "", _may_arrive(facts, top, without(left, untold))


def _given_up_untold(facts: SpoolFacts, left: Ranges) -> Ranges:
    """Oldest go first: where ranges are no longer told, they lie below those that are."""
    if not (facts.ranges_are_cut and facts.dropped):
        return ()
    below = intersection(left, ((1, facts.dropped[0][0] - 1),)) if facts.dropped[0][0] > 1 else ()
    return newest(below, facts.n_dropped - size(facts.dropped))


def _may_arrive(facts: SpoolFacts, top: int, left: Ranges) -> Ranges:
    """What was made since the last word; the newest that it said were waiting; what is recent."""
    recent = intersection(left, ranges([(max(1, top - facts.n_recent + 1), top)]))
    if not facts.is_told:
        return recent
    since = intersection(left, ranges([(facts.known_to + 1, top)]))
    return union(union(since, recent), newest(without(left, since), facts.depth))


def _unnumbered(facts: SpoolFacts, holes: list[NumberHole]) -> dict[Cause, int]:
    """Readings that are known by their count only."""
    counts: dict[Cause, int] = {}
    in_memory = facts.n_dropped - size(facts.dropped)
    if in_memory > 0 and not facts.ranges_are_cut:
        counts[Cause.DISK_FULL] = in_memory
    cause = _of_what_waited(facts)
    told = sum(hole.size for hole in holes if hole.cause is cause)
    arrived_since = size(union(facts.stored, facts.quarantined)) - facts.n_arrived
    beyond = facts.depth - told - max(0, arrived_since)
    if facts.is_told and beyond > 0:
        counts[cause] = beyond
    return counts


def _of_what_waited(facts: SpoolFacts) -> Cause:
    if facts.ended_as == "set_aside":
        return Cause.SET_ASIDE
    return Cause.NOT_ARRIVED if facts.ended_as is None else Cause.UNEXPLAINED
