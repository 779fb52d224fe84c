"""Every figure has one category, and none depends on the order in which its parts came."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dust.air_quality_index import Index, Scale, index_of, thai_scale, us_scale
from dust.averaging import Average, daily_average, hourly_average, long_average, rolling_average
from dust.claims import ClaimClass
from dust.exceedance import Finding, find_exceedance
from dust.indicators.counts import days_over, longest_run
from dust.indicators.years import YearToDate, year_to_date
from dust.periods import (
    HOUR,
    day_period,
    days_between,
    local_day_of,
    month_period,
    year_period,
)
from dust.pollutants import Pollutant
from dust.rounding import Rounding, RoundingMode
from dust.standards import LimitPeriod, LimitValue, default_rule_set, limit_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable

HUNDREDTHS: Final = 200_001  # 0.00 to 2000.00 µg/m³
BANGKOK: Final = ZoneInfo("Asia/Bangkok")
RULES: Final = default_rule_set()


class Table(NamedTuple):
    """A scale written once more by hand: hundredths in one step, the half that is added, tops."""

    scale: Scale
    pollutant: Pollutant
    step: int
    added: int
    tops: tuple[int, ...]

    def level_of(self, hundredths: int) -> int:
        return bisect_left(self.tops, (hundredths + self.added) // self.step) + 1


TABLES: Final = (
    Table(thai_scale(), Pollutant.PM25, 10, 5, (150, 250, 375, 750)),
    Table(thai_scale(), Pollutant.PM10, 100, 50, (50, 80, 120, 180)),
    Table(us_scale(), Pollutant.PM25, 10, 0, (90, 354, 554, 1254, 2254)),
    Table(us_scale(), Pollutant.PM10, 100, 0, (54, 154, 254, 354, 424)),
)
EACH: Final = pytest.mark.parametrize(
    "table", [pytest.param(table, id=f"{table.scale.id}-{table.pollutant}") for table in TABLES]
)


# --- Scales ---------------------------------------------------------------------------------------
@EACH
def test_every_mean_in_hundredths_up_to_2000_falls_in_its_one_category(table: Table) -> None:
    """All 200,001 of them; the category is that of a table written by hand."""
    rank = -1
    for hundredths in range(HUNDREDTHS):
        index = index_of(table.scale, table.pollutant, Decimal(hundredths).scaleb(-2))
        if table.level_of(hundredths) != index.category.level or index.rank < rank:
            pytest.fail(f"{hundredths} hundredths: {index}")
        rank = index.rank


@EACH
@given(value=st.decimals(0, 2000, places=8))
def test_a_mean_of_any_decimals_falls_in_exactly_one_category(table: Table, value: Decimal) -> None:
    index = index_of(table.scale, table.pollutant, value)

    holding = [level for level, low, top in bands(table.scale) if low < index.rank <= top]
    assert [index.category.level] == holding
    assert table.level_of(int(value * 100)) == index.category.level


@EACH
@given(values=st.tuples(*[st.decimals(0, 2000, places=8)] * 2))
def test_more_dust_never_has_a_lower_index_or_category(
    table: Table, values: tuple[Decimal, Decimal]
) -> None:
    less, more = (index_of(table.scale, table.pollutant, value) for value in sorted(values))

    assert less.rank <= more.rank
    assert less.category.level <= more.category.level


@EACH
def test_breakpoints_leave_no_step_out_and_take_none_twice(table: Table) -> None:
    segments = table.scale.breakpoints[table.pollutant]
    step = table.scale.rounding[table.pollutant].step

    assert (0, 0) == (segments[0][0], segments[0][2])
    assert [] == [
        (below, above)
        for below, above in pairwise(segments)
        if (below[1] + step, below[3] + 1) != (above[0], above[2])
    ]
    assert list(table.tops) == [int(segment[1] / step) for segment in segments][: len(table.tops)]


@EACH
def test_the_index_meets_both_ends_of_every_segment(table: Table) -> None:
    def aqi(mean: Decimal) -> int | None:
        index: Index = index_of(table.scale, table.pollutant, mean)
        return index.aqi

    for low, high, index_low, index_high in table.scale.breakpoints[table.pollutant]:
        assert (index_low, index_high) == (aqi(low), aqi(high))


def bands(scale: Scale) -> list[tuple[int, int, int]]:
    """Each category's level with what its index is above and what it is at most."""
    tops = [1_000_000 if c.top is None else c.top for c in scale.categories]
    lows = [-1, *tops[:-1]]
    levels = [category.level for category in scale.categories]
    return list(zip(levels, lows, tops, strict=True))


# --- Rounding -------------------------------------------------------------------------------------
@given(
    value=st.decimals(-2000, 2000, places=8),
    step=st.sampled_from(["0.01", "0.1", "1", "10", "100"]).map(Decimal),
    mode=st.sampled_from(RoundingMode),
)
def test_a_rounded_figure_is_a_multiple_of_the_step_and_no_further_away_than_it_may_be(
    value: Decimal, step: Decimal, mode: RoundingMode
) -> None:
    rounded = Rounding(step=step, mode=mode).of(value)

    assert 0 == rounded % step
    if mode is RoundingMode.HALF_UP:
        assert abs(rounded - value) <= step / 2
    else:
        assert abs(rounded) <= abs(value) < abs(rounded) + step


# --- Order ----------------------------------------------------------------------------------------
def limit() -> LimitValue:
    found = limit_in_force(Pollutant.PM25, LimitPeriod.DAY, date(2026, 1, 1))
    assert found
    return found


LIMIT: Final = limit()
FIRST: Final = date(2026, 1, 1)


class Reading(NamedTuple):
    day: int
    hour: int
    value: Decimal


class Told(NamedTuple):
    """All that is made of some readings."""

    hours: dict[tuple[int, int], Average]
    days: dict[date, Average]
    findings: dict[date, Finding | None]
    rolling: Average
    month: Average
    year: Average
    to_date: YearToDate


def told_of(readings: Iterable[Reading]) -> Told:
    """The chain from readings to the year; what comes first in it is what came first."""
    samples: defaultdict[tuple[int, int], list[Decimal]] = defaultdict(list)
    for reading in readings:
        samples[reading.day, reading.hour].append(reading.value)
    hours = {
        key: hourly_average(values, len(values), 1200, RULES) for key, values in samples.items()
    }
    valid: defaultdict[date, list[Decimal]] = defaultdict(list)
    for (day, _), hour in hours.items():
        if hour.value is not None:
            valid[FIRST + timedelta(days=day)].append(hour.value)
    days = {day: daily_average(values, len(values), RULES) for day, values in valid.items()}
    means = {day: found.value for day, found in days.items() if found.value is not None}
    findings = {
        day: find_exceedance(
            values, LIMIT, ClaimClass.INDICATIVE, complete_mean=days[day].value, is_over=True
        )
        for day, values in valid.items()
    }
    last_day = [h.value for (day, _), h in hours.items() if day == 3 and h.value is not None]
    return Told(
        hours,
        days,
        findings,
        rolling_average(last_day, 24, RULES),
        long_average(list(means.values()), len(days), 4, RULES),
        long_average(list(means.values()), len(days), 365, RULES),
        year_to_date(means, set(days), FIRST + timedelta(days=4), RULES),
    )


READINGS: Final = st.integers(0, 2**32).map(
    lambda seed: [
        Reading(day, hour, Decimal((seed * (37 * day + 11 * hour + 5 * part + 3)) % 120_000) / 1000)
        for day in range(4)
        for hour in range(24)
        for part in range(3)
        if (seed >> (day + part)) % 9 or hour % 3  # some hours lack a reading
    ]
)


@settings(max_examples=40)
@given(readings=READINGS, order=st.randoms(use_true_random=False))
def test_no_average_and_no_finding_depends_on_the_order_in_which_readings_came(
    readings: list[Reading], order: object
) -> None:
    shuffled = list(readings)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random that hypothesis can shrink

    assert told_of(readings) == told_of(shuffled)


@given(means=st.lists(st.decimals(0, 500, places=6), min_size=1, max_size=31), data=st.data())
def test_a_month_does_not_depend_on_the_order_of_its_days(
    means: list[Decimal], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(means))

    assert long_average(means, len(means), 31, RULES) == long_average(
        shuffled, len(means), 31, RULES
    )


# --- Counts ---------------------------------------------------------------------------------------
DAYS: Final = st.dates(date(2026, 1, 1), date(2026, 3, 1))
CLAIMED: Final = st.dictionaries(DAYS, st.sampled_from(ClaimClass))


@given(complete=CLAIMED, over=CLAIMED, ends=st.tuples(DAYS, DAYS))
def test_days_over_are_always_days_monitored(
    complete: dict[date, ClaimClass], over: dict[date, ClaimClass], ends: tuple[date, date]
) -> None:
    first, end = sorted(ends)
    counted = days_over((first, end), complete, over)

    assert 0 <= counted.longest_run <= counted.n_over <= counted.n_monitored <= counted.n_possible
    assert counted.n_complete <= counted.n_monitored
    assert (counted.percent is None) == (counted.n_monitored == 0)
    assert counted.percent is None or 0 <= counted.percent <= 100


@given(days=st.sets(DAYS))
def test_a_run_is_the_longest_stretch_of_days_without_a_hole(days: set[date]) -> None:
    line = days_between(date(2026, 1, 1), date(2026, 3, 2))
    stretches = "".join("x" if day in days else " " for day in line).split()

    assert max(map(len, stretches), default=0) == longest_run(days)


@given(
    means=st.dictionaries(
        st.dates(date(2023, 1, 1), date(2024, 12, 31)), st.decimals(0, 500, places=6), max_size=60
    ),
    today=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
)
def test_the_year_to_date_never_compares_nothing_and_matches_the_same_number_of_days(
    means: dict[date, Decimal], today: date
) -> None:
    found = year_to_date(means, (), today, RULES)

    for comparison in (found.same_days, found.matched_days):
        counts = comparison.this_year.coverage.n_valid, comparison.last_year.coverage.n_valid
        assert comparison.difference is None or 0 not in counts
    matched = found.matched_days
    assert matched.this_year.coverage.n_valid == matched.last_year.coverage.n_valid
    assert matched.this_year.coverage.n_valid <= found.same_days.this_year.coverage.n_valid


# --- Periods --------------------------------------------------------------------------------------
@given(
    name=st.sampled_from(sorted(available_timezones())),
    hour=st.integers(20_000, 595_000).map(lambda count: datetime.fromtimestamp(count * 3600, UTC)),
)
def test_an_hour_lies_in_the_day_the_month_and_the_year_of_its_local_date(
    name: str, hour: datetime
) -> None:
    """Whole hours from 1972 to 2037."""
    zone = ZoneInfo(name)
    day = local_day_of(hour, zone)

    periods = day_period(day, zone), month_period(day, zone), year_period(day.year, zone)

    for period in periods:
        assert period.start <= hour < period.end
    assert periods[2].start <= periods[1].start <= periods[0].start
    assert periods[0].end <= periods[1].end <= periods[2].end
    assert all(period.end - period.start >= 22 * HOUR for period in periods)
