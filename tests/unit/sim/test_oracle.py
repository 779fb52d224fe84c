"""The oracle's rules of hours, days, months and years, each as a worked example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from unit.sim.oracle_worlds import ARCHIVE, BETA, DAY, HOUR_MS, MIDNIGHT_MS, OPTICAL, stored, world

from sim.oracle import (
    Average,
    Deployment,
    FlatLine,
    RuleSet,
    Sensor,
    Stored,
    World,
    averages,
    local_day_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def found(seen: World, kind: str) -> list[Average]:
    return [average for average in averages(seen) if average.kind == kind]


def minutes(*levels: str | None) -> World:
    """An hour of minutes."""
    return world(stored(*levels, interval_s=60), interval_s=60)


def values(seen: Sequence[Average]) -> list[tuple[Decimal | None, int]]:
    return [(average.value, average.n_valid) for average in seen]


# --- The hour -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("n", "value"), [(45, Decimal(4)), (44, None)])
def test_an_hour_is_valid_from_three_quarters_of_its_readings_on(
    n: int, value: Decimal | None
) -> None:
    [hour] = found(minutes(*["4"] * n), "hour")

    assert (value, Decimal(4), n, n, 60) == (
        hour.value,
        hour.partial_mean,
        hour.n_valid,
        hour.n_measured,
        hour.n_possible,
    )


def test_a_negative_value_is_measured_and_does_not_count() -> None:
    [hour] = found(minutes("-1", "-0.1", *["6"] * 45), "hour")

    assert (Decimal(6), 45, 47) == (hour.value, hour.n_valid, hour.n_measured)


def test_a_zero_and_a_value_beyond_the_range_count() -> None:
    seen = world(stored("0", "4394.6", interval_s=1800), interval_s=1800)

    assert [(Decimal("2197.3"), 2)] == values(found(seen, "hour"))


def test_an_hour_of_nothing_but_failed_values_exists_with_a_count_of_zero() -> None:
    [hour] = found(minutes("-1"), "hour")

    assert (None, None, 0, 1, None) == (
        hour.value,
        hour.partial_mean,
        hour.n_valid,
        hour.n_measured,
        hour.claim_class,
    )


@pytest.mark.parametrize(
    ("levels", "mean"),
    [
        (("0.000001", "0.000002"), "0.000002"),
        (("0", "0.000001"), "0"),
    ],
)
def test_a_mean_is_rounded_half_to_even_at_the_sixth_decimal(
    levels: tuple[str, str], mean: str
) -> None:
    seen = world(stored(*levels, interval_s=1800), interval_s=1800)

    assert [(Decimal(mean), 2)] == values(found(seen, "hour"))


def test_a_reading_stored_twice_is_one() -> None:
    seen = minutes(*["4"] * 45)

    assert averages(seen) == averages(replace(seen, stored=seen.stored | set(seen.stored)))


# --- The day, the month, the year -----------------------------------------------------------------
def test_a_day_of_18_valid_hours_has_a_mean_and_one_of_17_only_a_partial_one() -> None:
    complete = found(world(stored(*["10"] * 17, "28")), "day")
    incomplete = found(world(stored(*["10"] * 17)), "day")

    assert [(Decimal(11), 18)] == values(complete)
    assert [(None, 17)] == values(incomplete)
    assert [Decimal(10)] == [day.partial_mean for day in incomplete]


def test_a_day_is_made_of_the_kept_hours() -> None:
    third = ("0", "0", "0.000002")  # kept as 0.000001
    readings = stored(*third * 24, interval_s=1200)

    assert [(Decimal("0.000001"), 24)] == values(found(world(readings, interval_s=1200), "day"))


def test_the_day_is_the_local_one() -> None:
    assert DAY == local_day_of(MIDNIGHT_MS)
    assert date(2026, 10, 31) == local_day_of(MIDNIGHT_MS - 1)
    assert DAY == local_day_of(MIDNIGHT_MS + 24 * HOUR_MS - 1)


def test_a_stricter_rule_set_wants_every_hour() -> None:
    strict = RuleSet("complete-24h", Fraction(3, 4), 24, Fraction(3, 4))
    readings = stored(*["10"] * 23)

    assert [(None, 23)] == values(found(world(readings, rules=strict), "day"))


@pytest.mark.parametrize(("n_days", "mean"), [(23, Decimal(12)), (22, None)])  # 75 % of 30 is 22.5
def test_a_month_is_the_mean_of_its_complete_days(n_days: int, mean: Decimal | None) -> None:
    levels = [str(day + 1) for day in range(n_days) for _ in range(24)]
    [month] = found(world(stored(*levels, *["99"] * 17)), "month")

    assert (mean, n_days, n_days + 1, 30) == (
        month.value,
        month.n_valid,
        month.n_measured,
        month.n_possible,
    )


def test_months_and_years_turn_at_local_midnight() -> None:
    new_year_ms = round(datetime.fromisoformat("2027-01-01T00:00:00+07:00").timestamp() * 1000)
    seen = world(stored(*["5"] * 48, start_ms=new_year_ms - 24 * HOUR_MS))

    assert [(date(2026, 12, 1), 1, 31), (date(2027, 1, 1), 1, 31)] == [
        (month.local_day, month.n_valid, month.n_possible) for month in found(seen, "month")
    ]
    assert [(date(2026, 1, 1), 1, 365), (date(2027, 1, 1), 1, 365)] == [
        (year.local_day, year.n_valid, year.n_possible) for year in found(seen, "year")
    ]


# --- Who tells ------------------------------------------------------------------------------------
def test_a_sensor_tells_of_the_station_at_which_it_stood_at_the_time() -> None:
    half_past_ms = MIDNIGHT_MS + HOUR_MS // 2
    moves = (
        Deployment("pms-a", "village", 0, half_past_ms),
        Deployment("pms-a", "school", half_past_ms),
    )
    readings = stored("1", "2", "3", "4", interval_s=900)

    seen = found(world(readings, interval_s=900, deployments=moves), "hour")

    assert [("school", Decimal("3.5"), 2), ("village", Decimal("1.5"), 2)] == [
        (hour.station, hour.partial_mean, hour.n_valid) for hour in seen
    ]


def test_two_sensors_in_turn_make_one_hour() -> None:
    half_past_ms = MIDNIGHT_MS + HOUR_MS // 2
    swap = (
        Deployment("pms-a", "village", 0, half_past_ms),
        Deployment("bam-r", "village", half_past_ms),
    )
    both = [
        stored("1", "2", "3", "4", sensor=sensor, interval_s=900) for sensor in ("pms-a", "bam-r")
    ]

    [hour] = found(world(*both, interval_s=900, deployments=swap), "hour")

    assert (Decimal("2.5"), 4, "screening") == (hour.value, hour.n_valid, hour.claim_class)


def test_only_what_it_reports_is_told_of_a_station() -> None:
    reports = (Deployment("pms-a", "village", reports=frozenset({"pm10"})),)
    readings = [Stored("pms-a", MIDNIGHT_MS, 1, pm25=Decimal(1), pm10=Decimal(2))]

    assert ["pm10"] == [
        hour.pollutant for hour in found(world(readings, deployments=reports), "hour")
    ]


def test_of_an_archives_versions_of_an_hour_the_last_counts_whatever_it_holds() -> None:
    readings = [
        Stored("arc-r", MIDNIGHT_MS, 1, pm25=Decimal(40), pm10=Decimal(80)),
        Stored("arc-r", MIDNIGHT_MS, 7, pm25=Decimal(30)),
        Stored("arc-r", MIDNIGHT_MS, 4, pm25=Decimal(20)),
    ]
    seen = world(readings, deployments=(Deployment("arc-r", "police"),))

    assert [("pm25", Decimal(30), 1)] == [
        (hour.pollutant, hour.value, hour.n_measured) for hour in found(seen, "hour")
    ]


def test_two_readings_of_another_sensor_at_one_instant_both_count() -> None:
    readings = [Stored("bam-r", MIDNIGHT_MS, number, pm25=Decimal(number)) for number in (1, 3)]
    seen = world(readings, deployments=(Deployment("bam-r", "police"),))

    assert [(Decimal(2), 2)] == values(found(seen, "hour"))


# --- What has failed ------------------------------------------------------------------------------
def test_a_saturated_value_does_not_count() -> None:
    full = OPTICAL.pollutants["pm25"]._replace(saturated_ugm3=Decimal("999.9"))
    models = {"pms5003": replace(OPTICAL, pollutants={"pm25": full}), "bam1020": BETA}
    readings = stored("999.9", "999.8", interval_s=1800)

    seen = world(
        readings, interval_s=1800, models=models, sensors={"pms-a": Sensor("pms5003", 1800)}
    )

    assert [(None, 1)] == values(found(seen, "hour"))


STUCK = FlatLine(Decimal("0.001"), 4 * 3600, 5, 600, zeros_may_fail=False)


def failed_hours(*levels: str | None, rule: FlatLine = STUCK) -> list[int]:
    """Which hours have a value that does not count, the first hour being 0."""
    models = {"pms5003": replace(OPTICAL, flat_line=rule)}
    seen = world(stored(*levels), models=models, sensors={"pms-a": Sensor("pms5003", 3600)})
    return [
        (hour.start_ms - MIDNIGHT_MS) // HOUR_MS
        for hour in found(seen, "hour")
        if hour.n_valid == 0
    ]


def test_a_whole_run_of_the_same_value_fails_once_it_has_lasted_too_long() -> None:
    assert [] == failed_hours("7", *["8"] * 4, "9")
    assert [1, 2, 3, 4, 5] == failed_hours("7", *["8"] * 5, "9")


def test_a_run_needs_its_number_of_values_as_well() -> None:
    assert [] == failed_hours(*["8"] * 5, rule=STUCK._replace(fail_min_values=6))


def test_a_silence_ends_a_run() -> None:
    assert [] == failed_hours(*["8"] * 4, None, *["8"] * 4)
    assert [0, 1, 2, 3, 5, 6, 7, 8] == failed_hours(
        *["8"] * 4, None, *["8"] * 4, rule=STUCK._replace(gap_s=3601)
    )


def test_zeros_of_an_optical_sensor_may_be_clean_air() -> None:
    assert [] == failed_hours(*["0"] * 9)
    assert 9 == len(failed_hours(*["0"] * 9, rule=STUCK._replace(zeros_may_fail=True)))


def test_what_an_archive_has_published_anew_is_no_part_of_a_run() -> None:
    models = {"archive": replace(ARCHIVE, flat_line=STUCK)}
    first = stored("8", "8", "9", "8", "8", sensor="arc-r")
    anew = [first[2]._replace(seq=100, pm25=Decimal(8))]
    at = {
        "models": models,
        "sensors": {"arc-r": Sensor("archive", 3600)},
        "deployments": (Deployment("arc-r", "police"),),
    }

    assert 5 == sum(hour.n_valid for hour in found(world(first, **at), "hour"))
    assert 0 == sum(hour.n_valid for hour in found(world(first, anew, **at), "hour"))
