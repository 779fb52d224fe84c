"""Simulated sensors: what is sent when."""

from __future__ import annotations

from sim.recordings import COLUMNS, Recording
from sim.scenario import Scenario, SensorPlan
from sim.sensors import Sensor, sensors
from sim.time_line import HOUR_MS, TimeLine

START_MS = 400 * HOUR_MS


def sensor(plan: SensorPlan, *levels: float | None) -> Sensor:
    recording = Recording(dict.fromkeys(COLUMNS, (*levels, *[None] * (48 - len(levels)))))
    scenario = Scenario(60, 2569, (plan,))
    return sensors(scenario, recording, TimeLine(START_MS, 0))[0]


def test_an_hour_without_a_value_is_silent() -> None:
    pms = sensor(SensorPlan("pms-a", "pms5003", "recorded", "s1_pm25"), 8.0, None, 9.0)

    emissions = [pms.emission(START_MS + hour * HOUR_MS + 30_000) for hour in range(4)]

    assert [True, False, True, False] == [emission is not None for emission in emissions]


def test_an_hour_of_zero_is_not_silent() -> None:
    pms = sensor(SensorPlan("pms-a", "pms5003", "recorded", "s1_pm25"), 0.0)
    emission = pms.emission(START_MS)

    assert emission is not None
    assert ("0,0,0",) == emission.counted


def test_gain_and_pm10_ratio_are_applied_and_tenths_are_written_out() -> None:
    plan = SensorPlan("sds-a", "sds011", "recorded", "s1_pm25", gain=5.0, pm10_ratio=3.0)
    sds = sensor(plan, 10.0)
    emission = sds.emission(START_MS)

    assert emission is not None
    nothing, pm25, pm10 = emission.counted[0].split(",")
    assert "" == nothing
    assert 47 < float(pm25) < 53
    assert 141 < float(pm10) < 159
    assert round(float(pm25) * 10) == emission.data[2] + 256 * emission.data[3]


def test_every_nth_frame_comes_after_noise_and_noise_repeats_with_the_seed() -> None:
    plan = SensorPlan("pms-a", "pms5003", "recorded", "s1_pm25", noise_every=3)
    first, second = sensor(plan, 8.0), sensor(plan, 8.0)

    sent = [first.emission(START_MS + minute * 60_000) for minute in range(9)]
    again = [second.emission(START_MS + minute * 60_000) for minute in range(9)]

    lengths = [len(emission.data) for emission in sent if emission]
    assert [False, False, True] * 3 == [length > 32 for length in lengths]
    assert max(lengths) <= 32 + 40
    assert all(emission.data[-32:-28] == b"BM\x00\x1c" for emission in sent if emission)
    assert again == sent


def test_captured_items_are_sent_in_turn_and_begin_again() -> None:
    bench = sensor(SensorPlan("sds-bench", "sds011", "captured"))

    sent = [bench.emission(START_MS + tick) for tick in range(24)]

    assert sent[:12] == sent[12:]
    assert 12 == len(set(sent[:12]))
