"""Invariants of the simulator's signals and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sim.frames import pms5003_frame
from sim.physics import Unit, optics_of, seen
from sim.signals import RecordedSignal, wobble
from sim.world.place import Place
from sim.world.plans import (
    BlastPlan,
    BurningPlan,
    DiurnalPlan,
    PlacePlan,
    PlumePlan,
    SkyPlan,
    TruckPlan,
)
from sim.world.sky import Sky

if TYPE_CHECKING:
    from sim.air import Air

DEVIATIONS = wobble(2569, "pms-a")
MINUTES = range(30, 3600, 60)
ROUNDING = 1e-9  # of the floating-point sums


@given(level_ugm3=st.floats(0, 1000), pm10_ratio=st.floats(1, 20))
def test_cutting_into_steps_keeps_the_hourly_mean(level_ugm3: float, pm10_ratio: float) -> None:
    signal = RecordedSignal(DEVIATIONS, pm10_ratio=pm10_ratio, steps_per_ugm3=1)
    signal.begin_hour(level_ugm3)

    mean = sum(signal.at(second).pm25 for second in MINUTES) / 60

    assert abs(mean - level_ugm3) <= 0.5 / 60 + ROUNDING


@given(level_ugm3=st.floats(0, 1000), pm10_ratio=st.floats(1, 20))
def test_the_order_of_sizes_holds_in_every_frame_and_costs_at_most_a_step(
    level_ugm3: float, pm10_ratio: float
) -> None:
    signal = RecordedSignal(DEVIATIONS, pm10_ratio=pm10_ratio, steps_per_ugm3=1)
    signal.begin_hour(level_ugm3)

    sent = [signal.at(second) for second in MINUTES]

    assert all(0 <= steps.pm1 <= steps.pm25 <= steps.pm10 for steps in sent)
    assert abs(sum(steps.pm1 for steps in sent) / 60 - 0.7 * level_ugm3) <= 1.5 / 60 + ROUNDING
    wanted_pm10 = pm10_ratio * level_ugm3
    assert abs(sum(steps.pm10 for steps in sent) / 60 - wanted_pm10) <= 1.5 / 60 + ROUNDING


@given(levels=st.tuples(*[st.integers(0, 65_535)] * 3))
def test_every_pms5003_frame_adds_up_and_carries_its_levels(levels: tuple[int, int, int]) -> None:
    frame = pms5003_frame(*levels)

    assert sum(frame[:30]) % 65_536 == frame[30] * 256 + frame[31]
    assert levels == tuple(frame[at] * 256 + frame[at + 1] for at in (10, 12, 14))
    counts = [frame[at] * 256 + frame[at + 1] for at in range(16, 28, 2)]
    assert sorted(counts, reverse=True) == counts


INSTANTS = st.integers(1_767_225_600_000, 1_830_297_600_000)  # 2026 and 2027
LEVELS = st.floats(0, 3000)
PLACES = st.builds(
    PlacePlan,
    id=st.just("a"),
    diurnal=st.builds(DiurnalPlan, LEVELS, LEVELS, LEVELS, LEVELS),
    plume=st.none() | st.builds(PlumePlan, LEVELS, st.floats(0, 360), st.floats(0, 360)),
    blast=st.none() | st.builds(BlastPlan, LEVELS, st.floats(0, 24), st.just(1.0)),
    trucks=st.none() | st.builds(TruckPlan, LEVELS, st.floats(1, 60)),
    burning=st.none() | st.builds(BurningPlan, LEVELS),
)
SKIES = st.builds(
    SkyPlan,
    wind_mps=st.floats(0, 20),
    wind_from_deg=st.floats(-1, 360),
    rain_chance_wet=st.floats(0, 1),
    rain_chance_dry=st.floats(0, 1),
    fog_chance=st.floats(0, 1),
)


def in_order(air: Air) -> bool:
    return 0 <= air.pm1 <= air.pm25 <= air.pm4 <= air.pm10 <= air.tsp


@given(plan=PLACES, sky=SKIES, seed=st.integers(0, 2**63 - 1), instant_ms=INSTANTS)
def test_air_is_never_negative_and_its_sizes_are_in_order(
    plan: PlacePlan, sky: SkyPlan, seed: int, instant_ms: int
) -> None:
    air = Place(plan, Sky(sky, seed), seed).air(instant_ms)

    assert in_order(air)
    assert 0 <= air.rh <= 100
    assert (air.wind_deg is None) == (air.wind_mps == 0)
    assert air.wind_deg is None or 0 <= air.wind_deg < 360


@given(plan=PLACES, seed=st.integers(0, 99), instants=st.lists(INSTANTS, min_size=2, max_size=9))
def test_any_instant_in_any_order_gives_the_same_air(
    plan: PlacePlan, seed: int, instants: list[int]
) -> None:
    forth, back = (Place(plan, Sky(SkyPlan(), seed), seed) for _ in range(2))

    forwards = [forth.air(instant) for instant in instants]
    backwards = [back.air(instant) for instant in reversed(instants)]

    assert forwards == backwards[::-1]


@given(
    plan=PLACES,
    model=st.sampled_from(["pms5003", "sds011", "sps30", "nextpm", "sds198", "zh03b"]),
    instant_ms=INSTANTS,
    rh=st.floats(10, 100),
)
def test_no_sensor_makes_air_negative_or_its_sizes_disordered(
    plan: PlacePlan, model: str, instant_ms: int, rh: float
) -> None:
    air = Place(plan, Sky(SkyPlan(), 1), 1).air(instant_ms)._replace(rh=rh)
    optics = optics_of(model)
    shown = seen(optics, air)

    assert in_order(shown)
    assert in_order(Unit(1, "a", optics.spread, float("inf")).reads(shown, instant_ms))
