"""Invariants of the simulator's signals and frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.frames import pms5003_frame
from sim.signals import RecordedSignal, wobble

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
