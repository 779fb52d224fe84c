"""Means of hours, local days, months and years, each from the kept figures of the shorter."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sim.oracle import local_time
from sim.oracle.exact import kept_mean
from sim.oracle.told_values import told_values, weakest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    from sim.oracle.told_values import Told
    from sim.oracle.world import RuleSet, World

HOUR, DAY, MONTH, YEAR = "hour", "day", "month", "year"


class Average(NamedTuple):
    """A mean of one station's pollutant over [start, end); levels in ug/m3, None where it has none.

    `value` needs enough parts, `partial_mean` any. `n_measured` parts are there, `n_valid` count,
    of `n_possible` (None: not defined). `claim_class` is None when no part counts.
    """

    station: str
    pollutant: str
    kind: str
    start_ms: int
    end_ms: int
    value: Decimal | None
    uncorrected_value: Decimal | None
    partial_mean: Decimal | None
    n_valid: int
    n_measured: int
    n_possible: int | None
    claim_class: str | None
    corrections: tuple[int, ...]
    rule_set: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self[:4]

    @property
    def local_day(self) -> date:
        """The day on which it begins."""
        return local_time.local_day_of(self.start_ms)


def averages(world: World) -> list[Average]:
    """Every mean of a world, whatever hour it is."""
    station_hours = hours(told_values(world), world.rules)
    return [*station_hours, *longer(station_hours, world.rules)]


def longer(station_hours: Iterable[Average], rules: RuleSet) -> list[Average]:
    """Days, months and years of these hours."""
    station_days = days(station_hours, rules)
    return [*station_days, *months(station_days, rules), *years(station_days, rules)]


def hours(told: Iterable[Told], rules: RuleSet) -> list[Average]:
    """An hour exists once a value of it does, even one that has failed."""
    groups: defaultdict[tuple[str, str, int], list[Told]] = defaultdict(list)
    for value in told:
        groups[value.station, value.pollutant, local_time.hour_of(value.t_ms)].append(value)
    return [_hour(*key, values, rules) for key, values in sorted(groups.items())]


def days(station_hours: Iterable[Average], rules: RuleSet) -> list[Average]:
    """Local days of the valid hourly means."""
    return [
        _longer(DAY, (first, local_time.next_day(first)), parts, Fraction(rules.day_hours), 24)
        for first, parts in _by_period(station_hours, lambda day: day)
    ]


def months(station_days: Iterable[Average], rules: RuleSet) -> list[Average]:
    """Calendar months of the complete days."""
    return [
        _of_days(MONTH, (first, local_time.next_month(first)), parts, rules)
        for first, parts in _by_period(station_days, local_time.month_of)
    ]


def years(station_days: Iterable[Average], rules: RuleSet) -> list[Average]:
    """Calendar years of the complete days."""
    return [
        _of_days(YEAR, (first, local_time.next_year(first)), parts, rules)
        for first, parts in _by_period(station_days, local_time.year_of)
    ]


def _hour(
    station: str, pollutant: str, start_ms: int, told: Sequence[Told], rules: RuleSet
) -> Average:
    counting = [each for each in told if each.value is not None]
    values = [each.value for each in counting if each.value is not None]
    raw = [each for each in told if each.raw is not None]
    intervals = {each.interval_s for each in told}
    return Average(
        station=station,
        pollutant=pollutant,
        kind=HOUR,
        start_ms=start_ms,
        end_ms=start_ms + local_time.HOUR_MS,
        value=kept_mean(values) if _share(counting) >= rules.hour_share else None,
        uncorrected_value=(
            kept_mean([each.raw for each in raw if each.raw is not None])
            if _share(raw) >= rules.hour_share
            else None
        ),
        partial_mean=kept_mean(values),
        n_valid=len(counting),
        n_measured=len(told),
        n_possible=3600 // intervals.pop() if len(intervals) == 1 else None,
        claim_class=weakest(each.claim_class for each in counting),
        corrections=_identifiers(
            each.correction_id for each in counting if each.correction_id is not None
        ),
        rule_set=rules.identifier,
    )


def _share(told: Sequence[Told]) -> Fraction:
    """The share of an hour for which readings stand."""
    return Fraction(sum(each.interval_s for each in told), 3600)


def _of_days(
    kind: str, span: tuple[date, date], parts: Sequence[Average], rules: RuleSet
) -> Average:
    n_days = (span[1] - span[0]).days
    return _longer(kind, span, parts, rules.long_share * n_days, n_days)


def _longer(
    kind: str,
    span: tuple[date, date],
    parts: Sequence[Average],
    n_needed: Fraction,
    n_possible: int,
) -> Average:
    """The mean of the parts that have a value, told when these are enough."""
    valid = [part for part in parts if part.value is not None]
    values = [part.value for part in valid if part.value is not None]
    raw = [part.uncorrected_value for part in parts if part.uncorrected_value is not None]
    return Average(
        station=parts[0].station,
        pollutant=parts[0].pollutant,
        kind=kind,
        start_ms=local_time.day_start_ms(span[0]),
        end_ms=local_time.day_start_ms(span[1]),
        value=kept_mean(values) if len(values) >= n_needed else None,
        uncorrected_value=kept_mean(raw) if len(raw) >= n_needed else None,
        partial_mean=kept_mean(values),
        n_valid=len(valid),
        n_measured=len(parts),
        n_possible=n_possible,
        claim_class=weakest(part.claim_class for part in valid if part.claim_class is not None),
        corrections=_identifiers(number for part in valid for number in part.corrections),
        rule_set=parts[0].rule_set,
    )


def _identifiers(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))


def _by_period(
    parts: Iterable[Average], first_day: Callable[[date], date]
) -> list[tuple[date, list[Average]]]:
    """The parts of each station and pollutant by the period in which they begin."""
    groups: defaultdict[tuple[str, str, date], list[Average]] = defaultdict(list)
    for part in parts:
        groups[part.station, part.pollutant, first_day(part.local_day)].append(part)
    return [(key[2], group) for key, group in sorted(groups.items(), key=lambda item: item[0])]
