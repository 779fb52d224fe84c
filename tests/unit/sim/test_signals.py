"""Signals: the wobble and the cutting into steps."""

from __future__ import annotations

import pytest

from sim.signals import RecordedSignal, wobble


def signal(*, pm10_ratio: float = 1.3, steps_per_ugm3: int = 1) -> RecordedSignal:
    return RecordedSignal(
        wobble(2569, "pms-a"), pm10_ratio=pm10_ratio, steps_per_ugm3=steps_per_ugm3
    )


def test_the_wobble_has_mean_zero_and_stays_within_a_few_percent() -> None:
    deviations = wobble(2569, "pms-a")

    assert pytest.approx(0, abs=1e-9) == sum(deviations)
    assert pytest.approx(0, abs=1e-9) == sum(deviations[30::60])
    assert 0.01 < max(map(abs, deviations)) < 0.05


def test_the_wobble_goes_on_smoothly_into_the_next_hour() -> None:
    deviations = wobble(2569, "pms-a")

    assert abs(deviations[0] - deviations[-1]) < 0.003


def test_the_wobble_is_the_same_for_a_seed_and_differs_between_sensors() -> None:
    assert wobble(1, "pms-a") == wobble(1, "pms-a")
    assert wobble(1, "pms-a") != wobble(1, "pms-b")
    assert wobble(1, "pms-a") != wobble(2, "pms-a")


def test_whole_steps_keep_a_mean_that_lies_between_them() -> None:
    hour = signal()
    hour.begin_hour(4.4)

    sent = [hour.at(second).pm25 for second in range(30, 3600, 60)]

    assert {4, 5} == set(sent)
    assert pytest.approx(4.4, abs=0.5 / 60) == sum(sent) / 60


def test_tenths_are_sent_by_a_sensor_that_has_them() -> None:
    hour = signal(steps_per_ugm3=10, pm10_ratio=3.0)
    hour.begin_hour(12.34)

    sent = [hour.at(second) for second in range(3600)]

    assert pytest.approx(12.34, abs=0.001) == sum(steps.pm25 for steps in sent) / 36_000
    assert pytest.approx(37.02, abs=0.001) == sum(steps.pm10 for steps in sent) / 36_000


def test_a_new_hour_does_not_inherit_what_the_last_one_left_over() -> None:
    used, fresh = signal(), signal()
    used.begin_hour(7.49)
    for second in range(0, 3600, 60):
        used.at(second)
    used.begin_hour(3.3)
    fresh.begin_hour(3.3)

    assert fresh.at(0) == used.at(0)
