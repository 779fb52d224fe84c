"""The oracle's rules, each as a worked example."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from sim.oracle import (
    THAI_24_HOUR_LIMITS,
    Day,
    Deployed,
    Exceedance,
    Hour,
    Reading,
    SentFrame,
    days,
    exceedances,
    expected,
    hours,
    local_day_of,
    readings,
)

HOUR_MS = 3_600_000
MIDNIGHT_MS = round(datetime.fromisoformat("2026-11-01T00:00:00+07:00").timestamp() * 1000)
DAY = date(2026, 11, 1)
AFTERWARDS_MS = MIDNIGHT_MS + 48 * HOUR_MS
IN_THE_DAY_MS = MIDNIGHT_MS + 23 * HOUR_MS  # its last hour still runs
AT_VILLAGE = {"pms-a": Deployed("village", "pms5003")}


def frame(t_ms: int, pm25: str, sensor: str = "pms-a") -> SentFrame:
    return SentFrame(sensor, t_ms, None, Decimal(pm25), None)


def hour_readings(*levels: str, start_ms: int = MIDNIGHT_MS) -> list[Reading]:
    """A reading a minute from the start of an hour."""
    return [
        Reading("pms-a", start_ms + minute * 60_000 + 59_999, 1, None, Decimal(level), None)
        for minute, level in enumerate(levels)
    ]


def day_hours(*means: str | None, pollutant: str = "pm25") -> list[Hour]:
    """Hours of one local day, from midnight on."""
    return [
        Hour(
            "village",
            pollutant,
            MIDNIGHT_MS + number * HOUR_MS,
            None if mean is None else Decimal(mean),
            60,
        )
        for number, mean in enumerate(means)
    ]


def exceeded(*means: str | None, pollutant: str = "pm25") -> bool:
    found = exceedances(day_hours(*means, pollutant=pollutant), AFTERWARDS_MS, THAI_24_HOUR_LIMITS)
    assert found in ([], [Exceedance("village", pollutant, DAY)])
    return bool(found)


def test_frames_of_one_interval_form_one_reading_at_its_last_millisecond() -> None:
    sent = [frame(60_000, "1"), frame(119_999, "2"), frame(90_000, "2"), frame(120_000, "9")]

    assert [
        Reading("pms-a", 119_999, 3, None, Decimal("1.667"), None),
        Reading("pms-a", 179_999, 1, None, Decimal(9), None),
    ] == readings(sent, 60)


def test_sensors_are_kept_apart() -> None:
    found = readings([frame(0, "1"), frame(0, "3", sensor="pms-b")], 60)

    assert [("pms-a", Decimal(1)), ("pms-b", Decimal(3))] == [
        (reading.sensor, reading.pm25) for reading in found
    ]


def test_a_frame_exactly_on_the_hour_belongs_to_the_hour_that_begins() -> None:
    sent = [frame(MIDNIGHT_MS - 1, "5"), frame(MIDNIGHT_MS, "7")]

    found = hours(readings(sent, 3600), AT_VILLAGE, 3600)

    assert [
        Hour("village", "pm25", MIDNIGHT_MS - HOUR_MS, Decimal(5), 1),
        Hour("village", "pm25", MIDNIGHT_MS, Decimal(7), 1),
    ] == found
    assert [MIDNIGHT_MS - 1, MIDNIGHT_MS + HOUR_MS - 1] == [r.t_ms for r in readings(sent, 3600)]


@pytest.mark.parametrize(("n", "value"), [(45, Decimal(4)), (44, None)])
def test_an_hour_is_valid_from_three_quarters_of_its_readings_on(
    n: int, value: Decimal | None
) -> None:
    found = hours(hour_readings(*["4"] * n), AT_VILLAGE, 60)

    assert [Hour("village", "pm25", MIDNIGHT_MS, value, n)] == found


def test_a_negative_value_does_not_count() -> None:
    found = hours(hour_readings("-1", "-0.1", *["6"] * 45), AT_VILLAGE, 60)

    assert [Hour("village", "pm25", MIDNIGHT_MS, Decimal(6), 45)] == found


def test_a_zero_and_a_value_beyond_the_range_count() -> None:
    found = hours(hour_readings("0", "4394.6"), AT_VILLAGE, 1800)

    assert [Hour("village", "pm25", MIDNIGHT_MS, Decimal("2197.3"), 2)] == found


def test_an_hour_of_nothing_but_failed_values_exists_with_a_count_of_zero() -> None:
    found = hours(hour_readings("-1"), AT_VILLAGE, 60)

    assert [Hour("village", "pm25", MIDNIGHT_MS, None, 0)] == found


def test_an_hourly_mean_is_rounded_half_to_even_at_the_sixth_decimal() -> None:
    found = hours(hour_readings("0.000001", "0.000002"), AT_VILLAGE, 1800)

    assert Decimal("0.000002") == found[0].value
    found = hours(hour_readings("0", "0.000001"), AT_VILLAGE, 1800)

    assert Decimal(0) == found[0].value


def test_a_day_of_18_valid_hours_has_a_mean() -> None:
    found = days(day_hours(*["10"] * 17, "28", *[None] * 6))

    assert [Day("village", "pm25", DAY, Decimal(11), 18)] == found


def test_a_day_of_17_valid_hours_has_none() -> None:
    found = days(day_hours(*["10"] * 17, *[None] * 7))

    assert [Day("village", "pm25", DAY, None, 17)] == found


def test_the_day_is_the_local_one() -> None:
    assert DAY == local_day_of(MIDNIGHT_MS)
    assert date(2026, 10, 31) == local_day_of(MIDNIGHT_MS - 1)
    assert DAY == local_day_of(MIDNIGHT_MS + 24 * HOUR_MS - 1)


def test_a_mean_is_rounded_half_up_before_it_is_compared() -> None:
    assert exceeded(*["37.55"] * 24)  # 37.6 > 37.5
    assert not exceeded(*["37.549999"] * 24)  # 37.5
    assert not exceeded(*["37.5"] * 24)


def test_a_pm10_mean_is_rounded_to_a_whole_number() -> None:
    assert exceeded(*["120.5"] * 24, pollutant="pm10")
    assert not exceeded(*["120.499999"] * 24, pollutant="pm10")


def test_a_day_with_too_few_hours_counts_when_the_rest_could_not_save_it() -> None:
    assert exceeded(*["53"] * 17, *[None] * 7)  # 17 * 53 / 24 = 37.54
    assert not exceeded(*["52.9"] * 17, *[None] * 7)  # 37.47
    assert exceeded(*["53"] * 18)  # a day of 18 hours is judged by its mean


def test_no_limit_is_applied_to_a_day_before_it_was_in_force() -> None:
    before = round(datetime.fromisoformat("2023-05-31T00:00:00+07:00").timestamp() * 1000)
    day = [Hour("village", "pm25", before + n * HOUR_MS, Decimal(90), 60) for n in range(24)]

    assert [] == exceedances(day, AFTERWARDS_MS, THAI_24_HOUR_LIMITS)


def dusty_day(sensor: str) -> list[SentFrame]:
    return [
        SentFrame(sensor, MIDNIGHT_MS + n * HOUR_MS, Decimal(60), Decimal(90), Decimal(200))
        for n in range(24)
    ]


def test_what_may_not_be_claimed_has_means_but_no_exceedance() -> None:
    claims = {("pms5003", "pm25"): "screening", ("pms5003", "pm10"): "not_claimable"}

    found = expected(dusty_day("pms-a"), AT_VILLAGE, 3600, claims, AFTERWARDS_MS)

    assert [("pm1", Decimal(60)), ("pm10", Decimal(200)), ("pm25", Decimal(90))] == [
        (day.pollutant, day.value) for day in found.days
    ]
    assert [Exceedance("village", "pm25", DAY)] == found.exceedances


def test_a_claimable_pm10_has_an_exceedance() -> None:
    found = expected(
        dusty_day("pms-a"), AT_VILLAGE, 3600, {("pms5003", "pm10"): "indicative"}, AFTERWARDS_MS
    )

    assert [Exceedance("village", "pm10", DAY)] == found.exceedances


def test_a_sensor_that_stands_nowhere_has_readings_only() -> None:
    found = expected(dusty_day("pms-x"), AT_VILLAGE, 3600, {}, AFTERWARDS_MS)

    assert 24 == len(found.readings)
    assert ([], [], []) == (found.hours, found.days, found.exceedances)


def test_two_sensors_at_one_station_are_refused() -> None:
    both = {**AT_VILLAGE, "pms-b": Deployed("village", "pms5003")}

    with pytest.raises(
        ValueError, match="of 'village', told by pms-b as well: allowed is one sensor"
    ):
        expected([], both, 60, {}, AFTERWARDS_MS)


def test_two_sensors_may_share_a_station_when_each_tells_another_pollutant() -> None:
    shared = {
        "pms-a": Deployed("village", "pms5003", frozenset({"pm25"})),
        "sds-b": Deployed("village", "sds011", frozenset({"pm10"})),
    }
    frames = [SentFrame(sensor, MIDNIGHT_MS, None, Decimal(9), Decimal(12)) for sensor in shared]

    found = expected(frames, shared, 3600, {}, AFTERWARDS_MS)

    assert {"pm25", "pm10"} == {hour.pollutant for hour in found.hours}
    assert 2 == len(found.hours)


def test_a_day_that_is_not_over_counts_only_what_is_certain() -> None:
    day = day_hours(*["45"] * 18)

    assert [] == exceedances(day, IN_THE_DAY_MS, THAI_24_HOUR_LIMITS)
    assert [Exceedance("village", "pm25", DAY)] == exceedances(
        day, AFTERWARDS_MS, THAI_24_HOUR_LIMITS
    )


def test_what_stayed_incomplete_is_a_lower_bound_and_not_rounded() -> None:
    day = day_hours(*["170"] * 17, pollutant="pm10")

    assert [Exceedance("village", "pm10", DAY)] == exceedances(
        day, AFTERWARDS_MS, THAI_24_HOUR_LIMITS
    )
    assert [] == exceedances(day, IN_THE_DAY_MS, THAI_24_HOUR_LIMITS)


def test_the_running_hour_is_not_certain_yet() -> None:
    day = day_hours(*["200"] * 5)  # 5 x 200 / 24 = 41.7, and 4 of them 33.3

    assert [] == exceedances(day, MIDNIGHT_MS + 5 * HOUR_MS - 1, THAI_24_HOUR_LIMITS)
    assert 1 == len(exceedances(day, MIDNIGHT_MS + 5 * HOUR_MS, THAI_24_HOUR_LIMITS))
