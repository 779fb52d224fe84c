"""What readings are flagged for because of those around them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dust.claims import SensorModel, claims_table
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest
from dust.quality_control import Outcome, SensorSeries, check_series, check_values, reach_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD, _, SUSPECT, FAIL, MISSING = (int(flag) for flag in QcFlag)
PM25 = Pollutant.PM25
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def model(identifier: str = "pms5003") -> SensorModel:
    return claims_table().model(identifier)


def minutes(n: int, first: int = 0) -> list[int]:
    return [minute * MINUTE_MS for minute in range(first, first + n)]


def steady(n: int, level: float = 30) -> list[float]:
    """Values as a sound sensor gives them: never twice the same."""
    return [round(level + math.sin(place) + place * 1e-3, 3) for place in range(n)]


def check(
    times_ms: Sequence[int],
    values: Sequence[float | None],
    identifier: str = "pms5003",
    interval_s: float = 60,
) -> Outcome:
    series = SensorSeries.from_columns(times_ms, {PM25: values})
    return check_series(series, model(identifier), interval_s)


def flags(outcome: Outcome) -> list[int]:
    return [int(flag) for flag in outcome.flags[PM25]]


def spoke(outcome: Outcome, test: QcTest) -> list[int]:
    """The places at which a test spoke."""
    return [place for place, tests in enumerate(outcome.tests) if tests & test]


# --- Warm-up --------------------------------------------------------------------------------------
def test_the_first_readings_after_a_gap_are_warming_up() -> None:
    times = minutes(5) + minutes(5, first=20)

    outcome = check(times, steady(10))

    assert [0, 1, 5, 6] == spoke(outcome, QcTest.WARM_UP)
    assert [SUSPECT, SUSPECT, GOOD] == flags(outcome)[5:8]


def test_warm_up_lasts_by_time_not_by_number() -> None:
    times = [place * 40_000 for place in range(6)]

    assert [0, 1, 2] == spoke(check(times, steady(6), interval_s=40), QcTest.WARM_UP)


def test_a_gap_is_what_no_sampling_interval_covers() -> None:
    short, long = 4 * MINUTE_MS + 209_999, 4 * MINUTE_MS + 210_000

    assert [0, 1] == spoke(check([*minutes(5), short], steady(6)), QcTest.WARM_UP)
    assert [0, 1, 5] == spoke(check([*minutes(5), long], steady(6)), QcTest.WARM_UP)


def test_an_instrument_that_weighs_hours_does_not_warm_up() -> None:
    times = [0, 10 * HOUR_MS]

    assert [GOOD, GOOD] == flags(check(times, [20, 25], "bam1020", 3600))


# --- Stuck values ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lasts_min", "flag"), [(59, GOOD), (60, SUSPECT), (359, SUSPECT), (360, FAIL), (500, FAIL)]
)
def test_all_of_a_stuck_run_gets_its_verdict(lasts_min: int, flag: int) -> None:
    values = [*steady(10), *[37.0] * (lasts_min + 1), *steady(10)]

    told = flags(check(minutes(len(values)), values))

    assert {flag} == set(told[10:-10])
    assert {GOOD} == set(told[2:10] + told[-10:])


def test_zeros_are_suspect_at_most_because_rain_washes_the_air() -> None:
    values = [0.0] * 1440

    outcome = check(minutes(1440), values)

    assert {SUSPECT} == set(flags(outcome))
    assert 1440 == len(spoke(outcome, QcTest.FLAT_LINE))


def test_a_run_goes_on_over_absent_values_and_ends_at_a_silence() -> None:
    holed: list[float | None] = [37.0, None] * 181
    torn = minutes(300) + minutes(300, first=320)

    assert {FAIL, MISSING} == set(flags(check(minutes(362), holed)))
    assert {SUSPECT} == set(flags(check(torn, [37.0] * 600)))


@pytest.mark.parametrize(("hours", "flag"), [(5, GOOD), (6, SUSPECT), (11, SUSPECT), (12, FAIL)])
def test_identical_hours_of_a_beta_gauge_happen(hours: int, flag: int) -> None:
    times = [hour * HOUR_MS for hour in range(hours)]

    assert [flag] * hours == flags(check(times, [21.0] * hours, "bam1020", 3600))


@pytest.mark.parametrize(("identifier", "flag"), [("bam1020", FAIL), ("air4thai", SUSPECT)])
def test_zeros_of_a_beta_gauge_that_has_no_floor_are_stuck(identifier: str, flag: int) -> None:
    times = [hour * HOUR_MS for hour in range(24)]

    assert {flag} == set(flags(check(times, [0.0] * 24, identifier, 3600)))


def test_a_few_equal_values_far_apart_are_not_stuck() -> None:
    times = [hour * HOUR_MS for hour in range(5)]

    assert {SUSPECT} == set(flags(check(times, [12.0] * 5, interval_s=3600)))
    assert {GOOD} == set(flags(check(times, [12.0, 13.0, 12.0, 12.0, 13.0], interval_s=3600))[1:])


@pytest.mark.parametrize(
    ("level", "step", "identifier", "flag"),
    [
        (37, 1, "pms5003", SUSPECT),
        (37, 1.1, "pms5003", GOOD),
        (9, 1, "pms5003", GOOD),  # a clean night in whole counts
        (37, 0.1, "sds011", SUSPECT),
        (37, 0.2, "sds011", GOOD),
    ],
)
def test_a_stuck_sensor_that_flickers_is_suspect_and_never_fails(
    level: float, step: float, identifier: str, flag: int
) -> None:
    values = [level + step * (place % 5 == 0) for place in range(600)]

    outcome = check(minutes(600), values, identifier)

    assert {flag} == set(flags(outcome)[2:])


# --- Spikes and rates -----------------------------------------------------------------------------
def test_a_truck_is_suspect_and_counts() -> None:
    values = steady(20)
    values[10] = 600

    outcome = check(minutes(20), values)

    assert [10] == spoke(outcome, QcTest.SPIKE)
    assert [10, 11] == spoke(outcome, QcTest.RATE_OF_CHANGE)
    assert [SUSPECT, SUSPECT] == flags(outcome)[10:12]


def test_nothing_is_compared_across_a_silence() -> None:
    times = minutes(3) + minutes(1, first=30) + minutes(3, first=60)
    values = [*steady(3), 900, *steady(3)]

    outcome = check(times, values)

    assert [] == spoke(outcome, QcTest.SPIKE | QcTest.RATE_OF_CHANGE)


def test_the_hours_of_the_archive_may_jump() -> None:
    times = [hour * HOUR_MS for hour in range(5)]

    assert [GOOD] * 5 == flags(check(times, [20, 30, 400, 25, 20], "air4thai", 3600))


# --- Real dust ------------------------------------------------------------------------------------
@pytest.mark.parametrize("lasts_min", [1, 2, 5, 30, 240])
def test_a_plume_never_fails(lasts_min: int) -> None:
    values = steady(600)
    for minute in range(100, 100 + lasts_min):
        values[minute] = round(values[minute] * 10, 3)

    assert FAIL not in flags(check(minutes(600), values))


def test_blasts_at_noon_never_fail() -> None:
    values = [
        round(
            level
            + sum(
                900 * math.exp(-(place - blast) / 4) * (place >= blast) for blast in (100, 130, 131)
            ),
            3,
        )
        for place, level in enumerate(steady(300))
    ]

    assert FAIL not in flags(check(minutes(300), values))


# --- Order and reach ------------------------------------------------------------------------------
def test_readings_of_one_instant_have_no_order() -> None:
    times = [0, MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS]

    first = check(times, [20, 25, 600, 22])
    second = check(times, [20, 600, 25, 22])

    assert flags(first) == [flags(second)[place] for place in (0, 2, 1, 3)]
    assert first.tests.tolist() == [second.tests.tolist()[place] for place in (0, 2, 1, 3)]


def test_times_that_go_back_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^times_ms\[1\] = 0: allowed is at least 60000"):
        check([MINUTE_MS, 0], [1, 2])


def test_no_readings_are_no_error() -> None:
    assert [] == flags(check([], []))
    assert [MISSING, MISSING] == flags(check([0, MINUTE_MS], [None, None]))


def test_a_lone_reading_is_judged_by_itself_and_as_the_first_of_its_run() -> None:
    series = SensorSeries.from_columns([0], {PM25: [-5]})

    assert [FAIL] == flags(check_values(series, model()))
    assert [FAIL] == flags(check_series(series, model(), 60))


def test_the_reach_covers_what_a_verdict_needs_of_a_run() -> None:
    six_hours_and_a_step, eleven_steps = 21_600_000 + 660_000, 11 * 2 * HOUR_MS

    assert six_hours_and_a_step == reach_ms(model(), 60)
    assert eleven_steps == reach_ms(model("bam1020"), 3600)


def test_steady_air_has_no_flags_but_that_of_the_start() -> None:
    values = steady(200)

    told = flags(check(minutes(200), values))

    assert all(before != after for before, after in pairwise(values))
    assert [SUSPECT] * 2 + [GOOD] * 198 == told
