"""Flags of readings by range and sign."""

from __future__ import annotations

import pytest

from dust.claims import claims_table
from dust.quality import QcFlag, QcTest
from dust.testing import a_reading
from ingest.qc import QcOutcome, check_reading

T = 1_767_225_659_999
GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = (int(flag) for flag in QcFlag)


def check(model: str = "pms5003", late_ms: int = 0, **values: float) -> QcOutcome:
    reading = a_reading(1, "s-1", T, **values)
    return check_reading(reading, claims_table().model(model), T + late_ms)


def test_plausible_values_are_good_and_absent_ones_missing() -> None:
    assert QcOutcome((GOOD, GOOD, GOOD, MISSING), 0) == check(pm1=1, pm25=0, pm10=1000)


def test_a_negative_value_fails_and_the_others_stand() -> None:
    outcome = check(pm1=-0.1, pm25=5)

    assert QcOutcome((FAIL, GOOD, MISSING, MISSING), QcTest.NEGATIVE) == outcome


@pytest.mark.parametrize(
    ("model", "field", "value", "flag"),
    [
        ("sds011", "pm25", 999.8, GOOD),
        ("sds011", "pm25", 999.9, SUSPECT),
        ("sds011", "pm10", 1999.9, SUSPECT),
        ("pms5003", "pm25", 1000.1, SUSPECT),
        ("bam1020", "pm25", -14.9, GOOD),
        ("bam1020", "pm25", -15.1, FAIL),
    ],
)
def test_the_plausible_range_is_the_models(model: str, field: str, value: float, flag: int) -> None:
    outcome = check(model, 0, **{field: value})

    assert flag == outcome.flags[("pm1", "pm25", "pm10", "tsp").index(field)]


def test_what_the_model_does_not_measure_is_not_evaluated() -> None:
    assert NOT_EVALUATED == check(tsp=5).flags[3]


def test_a_reading_ahead_of_the_clock_is_suspect_and_still_counts() -> None:
    outcome = check(late_ms=-1, pm25=5, pm10=-1, tsp=7)

    assert (MISSING, SUSPECT, FAIL, SUSPECT) == outcome.flags
    assert QcTest.CLOCK_AHEAD | QcTest.NEGATIVE == outcome.tests


def test_several_tests_may_speak_at_once() -> None:
    outcome = check(pm1=-1, pm25=1001)

    assert QcTest.NEGATIVE | QcTest.RANGE == outcome.tests
