"""What sensors make of the air, held against what was published."""

from __future__ import annotations

import math
from statistics import mean, pstdev
from typing import TYPE_CHECKING

import pytest

from sim.physics import (
    HEATED,
    NOVA,
    PLANTOWER,
    SENSIRION,
    Optics,
    Unit,
    hourly_mean,
    humidity_growth,
    noise_table,
    optics_of,
    seen,
)
from sim.world.local_time import HOUR_MS
from sim.world.place import mixed
from sim.world.sky import Weather

if TYPE_CHECKING:
    from sim.air import Air

NEVER = math.inf


def air(smoke: float = 0.0, mineral: float = 0.0, rh: float = 50.0) -> Air:
    return mixed(smoke, mineral, Weather(28.0, rh, 0.0, 0.0, 1.0, 45.0))


def test_a_plantower_tells_less_than_a_tenth_of_coarse_dust() -> None:
    """Kaur and Kelly 2023: slope < 0.099 of PM10 in dust."""
    clean, dusty = air(smoke=15), air(smoke=15, mineral=500)

    slope = (seen(PLANTOWER, dusty).pm10 - seen(PLANTOWER, clean).pm10) / (dusty.pm10 - clean.pm10)

    assert 0.01 < slope < 0.099


def test_a_plantower_tells_pm25_of_dust_five_to_six_times_too_low() -> None:
    dust = air(mineral=300)

    assert 5 <= dust.pm25 / seen(PLANTOWER, dust).pm25 <= 6


def test_a_plantower_tells_smoke_about_a_half_too_high() -> None:
    """Barkjohn 2021: +40 %."""
    smoke = air(smoke=100)

    assert 1.4 <= seen(PLANTOWER, smoke).pm25 / smoke.pm25 <= 1.5


def test_humidity_does_nothing_below_75_percent_and_more_and_more_above() -> None:
    assert {1.0} == {humidity_growth(rh, 100) for rh in (10, 50, 75)}
    grown = [humidity_growth(rh, 100) for rh in range(76, 100)]
    assert sorted(grown) == grown
    assert 1.0 < grown[0] < 1.1
    assert pytest.approx((1 + 0.24 * 9) / (1 + 0.24 * 3)) == humidity_growth(90, 100)


@pytest.mark.parametrize(
    ("optics", "times"),
    [
        (PLANTOWER, 1.46),  # Jayaratne 2018: PM10 +46 % in fog
        (NOVA, 38.0),  # Nothhelfer 2023: up to 38 times
        (SENSIRION, 5.0),  # Di Antonio 2018: five times, uncorrected
        (HEATED, 1.0),
    ],
)
def test_fog_inflates_each_make_as_far_as_was_published(optics: Optics, times: float) -> None:
    dry, fog = seen(optics, air(smoke=20)), seen(optics, air(smoke=20, rh=99.7))

    assert pytest.approx(times, rel=0.05) == fog.pm25 / dry.pm25


def test_pm10_of_an_sps30_is_computed_from_its_pm25() -> None:
    shown = seen(SENSIRION, air(smoke=20, mineral=400))

    assert pytest.approx(1.05) == shown.pm10 / shown.pm25


def test_every_make_keeps_the_order_of_sizes() -> None:
    for model in ("pms5003", "sds011", "sds198", "sps30", "nextpm", "zh03b"):
        shown = seen(optics_of(model), air(smoke=20, mineral=400, rh=95))

        assert 0 < shown.pm1 <= shown.pm25 <= shown.pm4 <= shown.pm10 <= shown.tsp


def test_dirt_in_the_inlet_holds_an_sds011_at_its_highest() -> None:
    unit = Unit(1, "sds-a", 0.15, dirty_from_ms=1000)

    assert unit.reads(air(smoke=20), 999).pm25 < 100
    assert (999.9, 1999.9) == unit.reads(air(smoke=20), 1000)[1:4:2]


def test_units_of_a_make_differ_by_their_gain_and_keep_it() -> None:
    gains = [Unit(1, f"pms-{n}", 0.10, NEVER).gain for n in range(200)]

    assert 0.9 <= min(gains) < 0.92
    assert 1.08 < max(gains) <= 1.1
    assert Unit(1, "pms-7", 0.10, NEVER).gain == gains[7]
    assert Unit(2, "pms-7", 0.10, NEVER).gain != gains[7]


def test_noise_has_mean_zero_is_repeatable_and_differs_from_unit_to_unit() -> None:
    first, again, other = (Unit(1, name, 0.0, NEVER) for name in ("a", "a", "b"))
    truth = air(smoke=100)
    instants = range(0, 4096 * 1000, 1000)

    levels = [first.reads(truth, instant).pm25 for instant in instants]

    assert pytest.approx(0, abs=1e-9) == math.fsum(noise_table(1))
    assert pytest.approx(100) == mean(levels)
    assert pytest.approx(3.5, rel=0.05) == pstdev(levels)  # 3 % and 0.5 ug/m3
    assert levels[::-1] == [again.reads(truth, instant).pm25 for instant in instants[::-1]]
    assert levels != [other.reads(truth, instant).pm25 for instant in instants]


def test_noise_makes_nothing_negative_and_keeps_the_order() -> None:
    unit = Unit(1, "a", 0.1, NEVER)
    shown = [unit.reads(air(smoke=0.2), second * 1000) for second in range(4096)]

    assert all(0 <= a.pm1 <= a.pm25 <= a.pm4 <= a.pm10 <= a.tsp for a in shown)
    assert any(a.pm1 == 0 for a in shown)


def test_a_reference_tells_the_mean_of_the_true_hour() -> None:
    def growing(instant_ms: int) -> Air:
        return air(smoke=instant_ms / HOUR_MS * 100)

    assert pytest.approx(50, rel=0.05) == hourly_mean(growing, 0).pm25
    assert pytest.approx(150, rel=0.05) == hourly_mean(growing, HOUR_MS).pm25
