"""What the faults say must count, held against the gateway's own reading of the damaged bytes."""

from __future__ import annotations

import pytest

from firmware_bridge.framing import FrameStream
from firmware_bridge.sensors import sensor_model
from sim.emission import Emission
from sim.faults import FaultPlan, Faults, sensor_faults
from sim.scenario import Scenario, SensorPlan
from sim.synthetic import World, framed
from sim.world.plans import BlastPlan, PlacePlan, TruckPlan

MINUTE_MS = 60_000
START_MS = 1_772_470_800_000  # a local midnight in March 2026
TICKS = 3000

SPEAKING = (
    *("pms3003", "pms5003", "pms5003t", "pms5003s", "pms5003st", "sds011", "sds198", "sps30"),
    *("hpma115s0", "hpma115c0", "zh03b", "zh06", "pm1006", "pm2008", "sn-gcja5", "nextpm"),
    *("sm-uart-04l", "nmea-wind", "windsonic", "rm-young-86xxx"),
)
ALL = [
    FaultPlan("drop_out", rate=0.02),
    FaultPlan("duplicate", rate=0.05),
    FaultPlan("reorder", rate=0.05),
    FaultPlan("bad_check_sum", rate=0.1),
    FaultPlan("noise_burst", rate=0.1),
    FaultPlan("stuck_value", from_h=10, to_h=12),
    FaultPlan("power_cut", from_h=20, to_h=21),
]


@pytest.mark.parametrize("model", SPEAKING)
def test_a_reader_takes_at_every_instant_what_must_count_and_nothing_else(model: str) -> None:
    place = PlacePlan("a", blast=BlastPlan(), trucks=TruckPlan())
    plan = SensorPlan("x", model, "synthetic", station="a")
    world = World(Scenario(60, 3, (plan,), stations=(place,)), START_MS)
    view, unit, tell = world.view(plan), world.unit(plan, "x"), framed(model, 1)
    chain: Faults[str] = sensor_faults(ALL, 3, START_MS, ("x", "gw"), "x")
    known = sensor_model(model)
    stream = FrameStream(known.frame_format)
    wrong: list[int] = []
    for tick in range(TICKS):
        instant = START_MS + tick * MINUTE_MS
        air = view(instant)
        assert air is not None
        assert unit is not None
        passed = chain.pass_on(instant, tell(unit.reads(air, instant), instant))
        passed = passed or Emission(b"", ())
        decoded = [known.decode(frame) for frame in stream.feed(passed.data)]
        data = [values for values in decoded if known.is_data(values)]
        if len(data) != len(passed.counted):
            wrong.append(tick)

    assert [] == wrong
