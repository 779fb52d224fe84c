"""The standing entries of the ledger: days above a 24-hour limit, as known at an instant."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sim.oracle import local_time
from sim.oracle.averages import hours
from sim.oracle.exact import KEPT_DECIMALS, kept, rounded, total
from sim.oracle.told_values import told_values, weakest
from sim.oracle.world import INDICATIVE, NOT_CLAIMABLE, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sim.oracle.averages import Average
    from sim.oracle.world import Limit, RuleSet, World

EXCEEDANCE, SIGNAL = "exceedance", "signal"

EntryKey = tuple[str, str, str, "date"]


class Entry(NamedTuple):
    """A station's local day above a limit; levels in ug/m3.

    `value_raw` of a day that is not complete is the sum of its valid hours over 24.
    """

    station: str
    pollutant: str
    limit: str
    local_day: date
    kind: str
    value_raw: Decimal
    value_rounded: Decimal
    is_complete: bool
    n_valid: int
    n_measured: int
    claim_class: str
    corrections: tuple[int, ...]
    rule_set: str

    @property
    def key(self) -> EntryKey:
        return self[:4]


def entries(world: World, as_of_ms: int) -> list[Entry]:
    """What must stand in the ledger of a world at an instant."""
    return entries_of(hours(told_values(world), world.rules), as_of_ms, world.limits, world.rules)


def entries_of(
    station_hours: Iterable[Average], as_of_ms: int, limits: Sequence[Limit], rules: RuleSet
) -> list[Entry]:
    """The same from hours. An hour that is still running tells nothing."""
    groups: defaultdict[tuple[str, str, date], list[Average]] = defaultdict(list)
    for hour in station_hours:
        if hour.end_ms <= as_of_ms:
            groups[hour.station, hour.pollutant, hour.local_day].append(hour)
    today = local_time.local_day_of(as_of_ms)
    return [
        entry
        for (_, pollutant, local_day), parts in sorted(groups.items(), key=lambda item: item[0])
        for limit in limits
        if limit.pollutant == pollutant and limit.is_in_force(local_day)
        for entry in _judged(parts, limit, rules, is_over=local_day < today)
    ]


def _seen_above(raw: Decimal, limit: Limit) -> Decimal:
    """The shortest rounding of a figure that is above the level, else the figure."""
    for decimals in range(limit.decimals, KEPT_DECIMALS):
        told = rounded(Fraction(raw), decimals, ROUND_HALF_UP)
        if raw > limit.level_ugm3 and told > limit.level_ugm3:
            return told
    return raw


def _judged(
    parts: Sequence[Average], limit: Limit, rules: RuleSet, *, is_over: bool
) -> list[Entry]:
    """One entry or none.

    A day that is not over, or has too few valid hours, is judged as if every other hour had been
    zero: what is above the limit even so has exceeded it for certain.
    """
    valid = [hour for hour in parts if hour.value is not None]
    claim_class = weakest(hour.claim_class for hour in valid if hour.claim_class is not None)
    if claim_class is None or claim_class == NOT_CLAIMABLE:
        return []
    is_complete = is_over and len(valid) >= rules.day_hours
    sum_ = total([hour.value for hour in valid if hour.value is not None])
    raw = kept(sum_ / (len(valid) if is_complete else local_time.DAY_HOURS))
    told = rounded(Fraction(raw), limit.decimals, ROUND_HALF_UP)
    if is_over and not is_complete:
        # A lower bound is not rounded, but told with the decimals that show it above the level.
        told = _seen_above(raw, limit)
    if told <= limit.level_ugm3:
        return []
    return [
        Entry(
            parts[0].station,
            limit.pollutant,
            limit.identifier,
            parts[0].local_day,
            EXCEEDANCE if claim_class in {REFERENCE, INDICATIVE} else SIGNAL,
            raw,
            told,
            is_complete,
            len(valid),
            len(parts),
            claim_class,
            tuple(sorted({number for hour in valid for number in hour.corrections})),
            rules.identifier,
        )
    ]
