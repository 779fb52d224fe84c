"""What single readings are flagged for."""

from __future__ import annotations

from typing import Any

import pytest

from dust.claims import SensorModel, claims_table
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest
from dust.quality_control import Outcome, SensorSeries, check_values

GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = (int(flag) for flag in QcFlag)
PM1, PM25, PM10, TSP = Pollutant


def model(identifier: str) -> SensorModel:
    return claims_table().model(identifier)


def check(identifier: str = "pms5003", **reading: Any) -> tuple[dict[Pollutant, int], int]:
    """The flags and tests of one reading."""
    values = {pollutant: [reading.get(pollutant)] for pollutant in Pollutant}
    pairs = reading.get("channels")
    series = SensorSeries.from_columns(
        [0],
        values,
        [reading.get("rh")],
        ([pairs[0]], [pairs[1]]) if pairs else None,
        [reading.get("ahead", False)],
    )
    return told(check_values(series, model(identifier)))


def told(outcome: Outcome, at: int = 0) -> tuple[dict[Pollutant, int], int]:
    flags = {pollutant: int(column[at]) for pollutant, column in outcome.flags.items()}
    return flags, int(outcome.tests[at])


def test_plausible_values_are_good_and_absent_ones_missing() -> None:
    assert ({PM1: GOOD, PM25: GOOD, PM10: GOOD, TSP: MISSING}, 0) == check(pm1=1, pm25=0, pm10=1000)


@pytest.mark.parametrize(
    ("identifier", "pollutant", "value", "flag", "test"),
    [
        ("pms5003", PM25, -0.1, FAIL, QcTest.NEGATIVE),
        ("pms5003", PM25, 1000, GOOD, QcTest.NONE),
        ("pms5003", PM25, 1000.1, SUSPECT, QcTest.RANGE),
        ("pms5003", PM25, 10_000, SUSPECT, QcTest.RANGE),
        ("pms5003", PM25, 65_535, FAIL, QcTest.RANGE),
        ("pms5003", PM25, 1e39, FAIL, QcTest.RANGE),
        ("bam1020", PM10, -14.9, GOOD, QcTest.NONE),
        ("bam1020", PM10, -15.1, FAIL, QcTest.NEGATIVE),
        ("air4thai", PM10, 1999, GOOD, QcTest.NONE),
        ("air4thai", PM10, -999, FAIL, QcTest.NEGATIVE),
        ("sds011", PM25, 999.8, GOOD, QcTest.NONE),
        ("sds011", PM25, 999.9, FAIL, QcTest.SATURATION | QcTest.RANGE),
        ("sds011", PM25, 999.87, FAIL, QcTest.SATURATION | QcTest.RANGE),
        ("sds011", PM25, 1000.0, SUSPECT, QcTest.RANGE),
        ("sds011", PM10, 1999.9, FAIL, QcTest.SATURATION | QcTest.RANGE),
        ("sds011", PM10, 999.9, GOOD, QcTest.NONE),
        ("pm1006", PM25, 1000, FAIL, QcTest.SATURATION | QcTest.RANGE),
    ],
)
def test_range_and_saturation_are_the_models(
    identifier: str, pollutant: Pollutant, value: float, flag: int, test: QcTest
) -> None:
    flags, tests = check(identifier, **{pollutant: value})

    assert (flag, test) == (flags[pollutant], tests)


def test_what_the_model_does_not_measure_is_not_evaluated() -> None:
    flags, tests = check(tsp=-5, rh=99)

    assert (NOT_EVALUATED, 0) == (flags[TSP], tests)


def test_a_reading_ahead_of_the_clock_is_suspect_and_a_failed_value_stays_failed() -> None:
    flags, tests = check(ahead=True, pm25=5, pm10=-1, tsp=7)

    assert {PM1: MISSING, PM25: SUSPECT, PM10: FAIL, TSP: SUSPECT} == flags
    assert QcTest.CLOCK_AHEAD | QcTest.NEGATIVE == tests


def test_a_reading_without_values_ahead_of_the_clock_keeps_the_bit() -> None:
    assert (dict.fromkeys(Pollutant, MISSING), QcTest.CLOCK_AHEAD) == check(ahead=True, rh=99)


@pytest.mark.parametrize(
    ("reading", "bits"),
    [
        ({"pm1": 10, "pm25": 12, "pm10": 15}, 0),
        ({"pm25": 11.2, "pm10": 10}, 0),  # within 1 and a fiftieth
        ({"pm25": 11.21, "pm10": 10}, QcTest.PM_ORDER),
        ({"pm1": 100, "pm10": 50}, QcTest.PM_ORDER),
        ({"pm1": 100, "pm25": None, "pm10": 50}, QcTest.PM_ORDER),
        ({"pm25": 50, "tsp": 10}, 0),  # the model measures no TSP
        ({"pm25": 50, "pm10": -1}, 0),  # a failed value contradicts nobody
    ],
)
def test_a_fraction_is_not_above_one_that_contains_it(
    reading: dict[str, float | None], bits: int
) -> None:
    _, tests = check("pms5003", **reading)

    assert bits == tests & QcTest.PM_ORDER


def test_values_in_the_wrong_order_make_the_whole_reading_suspect() -> None:
    flags, _ = check(pm1=90, pm25=20, pm10=200)

    assert {PM1: SUSPECT, PM25: SUSPECT, PM10: SUSPECT, TSP: MISSING} == flags


@pytest.mark.parametrize(
    ("identifier", "rh", "flag"),
    [
        ("pms5003", None, GOOD),
        ("pms5003", 95, GOOD),
        ("pms5003", 95.1, SUSPECT),
        ("bam1020", 99, GOOD),
        ("air4thai", 99, GOOD),
    ],
)
def test_water_is_counted_as_dust_by_optical_sensors_only(
    identifier: str, rh: float | None, flag: int
) -> None:
    flags, tests = check(identifier, rh=rh, pm25=20, pm10=30)

    assert (flag, flag) == (flags[PM25], flags[PM10])
    assert (QcTest.HUMIDITY if flag == SUSPECT else 0) == tests


@pytest.mark.parametrize(
    ("channels", "flag"),
    [
        ((10, 10), GOOD),
        ((4, 8.9), GOOD),  # apart by a share only
        ((100, 140), GOOD),  # apart by µg/m³ only
        ((20, 38), SUSPECT),
        ((100, 208), FAIL),
        ((None, 20), SUSPECT),
        ((20, None), SUSPECT),
        (None, SUSPECT),
    ],
)
def test_two_channels_must_agree(channels: tuple[float, float] | None, flag: int) -> None:
    flags, tests = check("purpleair", pm25=20, pm10=30, channels=channels)

    assert (flag, flag) == (flags[PM25], flags[PM10])
    assert (0 if flag == GOOD else QcTest.CHANNELS) == tests


def test_a_model_of_one_channel_is_not_asked_for_two() -> None:
    assert GOOD == check("pms5003", pm25=20, channels=(1, 900))[0][PM25]


def test_several_tests_may_speak_of_one_reading() -> None:
    _, tests = check(pm1=-1, pm25=1001, rh=99)

    assert QcTest.NEGATIVE | QcTest.RANGE | QcTest.HUMIDITY == tests


def test_readings_may_come_in_any_order() -> None:
    series = SensorSeries.from_columns([60_000, 0], {PM25: [-1, 20]})

    outcome = check_values(series, model("pms5003"))

    assert [FAIL, GOOD] == outcome.flags[PM25].tolist()
    assert ["int16", "int32"] == [str(outcome.flags[PM25].dtype), str(outcome.tests.dtype)]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^values\.pm25 = \(1,\): allowed is an array of 2 values"):
        SensorSeries.from_columns([0, 1], {PM25: [1]})
