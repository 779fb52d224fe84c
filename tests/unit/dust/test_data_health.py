"""How well a sensor's data come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dust.indicators.health import (
    Completeness,
    FlaggedValues,
    HealthState,
    age_s,
    all_tests,
    health_state,
    names_of_tests,
)
from dust.quality import QcTest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHOLE = Completeness(24, 24)
CLEAN = FlaggedValues(1440, 0, 0)


@pytest.mark.parametrize(
    ("age", "interval_s", "state"),
    [
        (0.0, 60, HealthState.GOOD),
        (600.0, 60, HealthState.GOOD),
        (601.0, 60, HealthState.LATE),
        (7200.0, 3600, HealthState.GOOD),
        (7201.0, 3600, HealthState.LATE),
        (6 * 3600.0, 60, HealthState.LATE),
        (6 * 3600.0 + 1, 60, HealthState.SILENT),
        (None, 60, HealthState.SILENT),
    ],
)
def test_a_sensor_is_late_and_then_silent(
    age: float | None, interval_s: float, state: HealthState
) -> None:
    assert state == health_state(age, interval_s, WHOLE, CLEAN)


@pytest.mark.parametrize(
    ("n_valid", "n_possible", "state"),
    [
        (18, 24, HealthState.GOOD),
        (17, 24, HealthState.POOR),
        (0, 0, HealthState.GOOD),
        (2, 2, HealthState.GOOD),
    ],
)
def test_data_are_poor_where_a_quarter_of_the_hours_lacks(
    n_valid: int, n_possible: int, state: HealthState
) -> None:
    assert state == health_state(1, 60, Completeness(n_valid, n_possible), CLEAN)


@pytest.mark.parametrize(
    ("n_suspect", "n_failed", "state"),
    [
        (0, 25, HealthState.GOOD),
        (0, 26, HealthState.POOR),
        (50, 0, HealthState.GOOD),
        (51, 0, HealthState.POOR),
        (26, 25, HealthState.POOR),
    ],
)
def test_data_are_poor_where_too_many_values_are_flagged(
    n_suspect: int, n_failed: int, state: HealthState
) -> None:
    assert state == health_state(1, 60, WHOLE, FlaggedValues(100, n_suspect, n_failed))


def test_what_is_told_first_is_that_nothing_comes() -> None:
    poor = Completeness(0, 24)

    assert HealthState.SILENT == health_state(None, 60, poor, FlaggedValues(10, 0, 10))
    assert HealthState.LATE == health_state(700, 60, poor, FlaggedValues(10, 0, 10))


def test_shares_of_nothing_are_not_known() -> None:
    nothing = FlaggedValues(0, 0, 0)

    assert (None, None, None) == (
        nothing.suspect_share,
        nothing.failed_share,
        Completeness(0, 0).share,
    )
    assert (Decimal("0.25"), Decimal("0.5")) == (
        FlaggedValues(8, 2, 4).suspect_share,
        FlaggedValues(8, 2, 4).failed_share,
    )


def test_the_newest_reading_has_an_age_which_is_never_negative() -> None:
    assert 90 == age_s(NOW - timedelta(seconds=90), NOW)
    assert 0 == age_s(NOW + timedelta(seconds=90), NOW)
    assert age_s(None, NOW) is None


def test_tests_are_told_by_their_names() -> None:
    mask = all_tests([QcTest.RANGE, QcTest.NEIGHBOUR | QcTest.RANGE, 0])

    assert ["range", "neighbour"] == names_of_tests(mask)
    assert [] == names_of_tests(0)
    assert [] == names_of_tests(1 << 30)


def test_every_test_has_a_name() -> None:
    everything = all_tests(QcTest)

    assert [test.name.lower() for test in QcTest if test.name] == names_of_tests(everything)
