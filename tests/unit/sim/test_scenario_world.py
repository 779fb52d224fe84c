"""Scenario files of the made world: what is read, what is refused, what is shipped."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile
from sim.faults import KINDS, FaultPlan
from sim.looking import day_table, fault_lines, first_comment, sensor_table
from sim.scenario import LONE_GATEWAY, SensorPlan, read_scenario, shipped
from sim.sparkline import sparkline
from sim.world.plans import BlastPlan, DiurnalPlan, PlacePlan, SkyPlan, TruckPlan

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """sampling_interval_s = 60
seed = 1
start = 2026-03-02T00:00:00+07:00
hours = 6
[sky]
rh = 80
[[gateways]]
id = "gw-a"
[[gateways]]
id = "gw-b"
[[stations]]
id = "fence"
diurnal = { coarse_base_ugm3 = 40 }
blast = {}
trucks = { convoy_every_min = 5 }
[[stations]]
id = "village"
"""
SENSOR = """[[sensors]]
id = "pms-a"
model = "pms5003"
signal = "synthetic"
station = "fence"
gateway = "gw-b"
"""
FAULT = '[[faults]]\nkind = "{}"\n'


def read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    read_scenario(str(path))


def test_sky_stations_gateways_and_faults_are_read_with_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + SENSOR + FAULT.format("drop_out") + 'rate = 0.5\nsensors = ["pms-a"]\n')
    scenario = read_scenario(str(path))

    assert round(datetime.fromisoformat("2026-03-02T00:00:00+07:00").timestamp() * 1000) == (
        scenario.start_ms
    )
    assert 6 == scenario.hours
    assert SkyPlan(rh=80.0) == scenario.sky
    assert ("gw-a", "gw-b") == scenario.gateways
    fence = PlacePlan(
        "fence",
        DiurnalPlan(coarse_base_ugm3=40.0),
        blast=BlastPlan(),
        trucks=TruckPlan(convoy_every_min=5.0),
    )
    assert (fence, PlacePlan("village")) == scenario.stations
    assert (
        SensorPlan("pms-a", "pms5003", "synthetic", gateway="gw-b", station="fence"),
    ) == scenario.sensors
    assert (FaultPlan("drop_out", ("pms-a",), rate=0.5),) == scenario.faults


def test_a_scenario_of_the_old_form_has_one_gateway_and_no_world() -> None:
    scenario = read_scenario("na_phra_lan")

    assert (None, None, (), ()) == (
        scenario.start_ms,
        scenario.hours,
        scenario.stations,
        scenario.faults,
    )
    assert (LONE_GATEWAY,) == scenario.gateways
    assert {LONE_GATEWAY} == {plan.gateway for plan in scenario.sensors}
    assert {math.inf} == {plan.dirty_inlet_from_h for plan in scenario.sensors}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("hours = 6\n", "") + SENSOR, "hours = None: allowed is a whole number of h"),
        (HEAD.replace("T00:00:00+07:00", "T00:00:00") + SENSOR, "start = .* with its offset"),
        (HEAD.replace("T00:00:00+", "T00:10:00+") + SENSOR, "start = .*a whole hour"),
        (HEAD.replace("rh = 80", "rh = 101") + SENSOR, r"sky\.rh = 101: allowed is a number from"),
        (HEAD.replace("rh = 80", "dry = 1") + SENSOR, r"sky\.dry = 1: allowed is no such field"),
        (HEAD.replace('"gw-b"', '"gw-a"') + SENSOR, r"gateways\[2\]\.id = 'gw-a': .*other gateway"),
        (HEAD.replace('"village"', '"fence"') + SENSOR, r"stations\[2\]\.id = 'fence'"),
        (HEAD.replace("blast = {}", "blast = 3") + SENSOR, r"stations\[1\]\.blast = 3: allowed is"),
        (
            HEAD.replace("{ convoy_every_min = 5 }", "{ coarse_ugm3 = -1 }") + SENSOR,
            r"stations\[1\]\.trucks\.coarse_ugm3 = -1: allowed is a number from 0\.0",
        ),
        (HEAD + SENSOR.replace("pms5003", "pms9"), r"sensors\[1\]\.model = 'pms9': .*bam1020"),
        (HEAD + SENSOR.replace('"fence"', '"x"'), r"sensors\[1\]\.station = 'x': .*fence, village"),
        (HEAD + SENSOR.replace('"gw-b"', '"x"'), r"sensors\[1\]\.gateway = 'x': .*gw-a, gw-b"),
        (HEAD + SENSOR + "gain = 2\n", r"sensors\[1\]\.gain = 2: allowed is no such field"),
        (HEAD + SENSOR + "physics = 1\n", r"sensors\[1\]\.physics = 1: allowed is true or false"),
        (HEAD + SENSOR + "dirty_inlet_from_h = 1\n", r"dirty_inlet_from_h = 1: .*sds011 only"),
        (
            HEAD + SENSOR.replace("pms5003", "modbus-rtu") + "unit_id = 0\n",
            r"sensors\[1\]\.unit_id = 0: allowed is what modbus-rtu can hold",
        ),
        (HEAD + SENSOR + FAULT.format("fire"), r"faults\[1\]\.kind = 'fire': .*power_cut"),
        (
            HEAD + SENSOR + FAULT.format("drop_out") + "rate = 2\n",
            r"faults\[1\]\.rate = 2: allowed is a number from 0\.0 to 1\.0",
        ),
        (
            HEAD + SENSOR + FAULT.format("drop_out") + 'sensors = ["b"]\n',
            r"faults\[1\]\.sensors = \['b'\]: allowed is a list of some of pms-a",
        ),
        (HEAD + SENSOR + FAULT.format("drop_out") + "sensors = []\n", r"sensors = \[\]: .*leave"),
        (
            HEAD + SENSOR + FAULT.format("power_cut") + "from_h = 3\nto_h = 3\n",
            r"to_h = 3: allowed is more than from_h",
        ),
        (HEAD + SENSOR + FAULT.format("clock_jump"), "by_s = None: .*which clock_jump needs"),
        (HEAD + SENSOR + FAULT.format("clock_skew"), "ppm = None: .*which clock_skew needs"),
        (
            HEAD + SENSOR + FAULT.format("network_outage") + 'sensors = ["pms-a"]\n',
            "no field of network_outage, which befalls gateways",
        ),
        (
            HEAD
            + SENSOR.replace("pms5003", "bam1020")
            + FAULT.format("bad_check_sum")
            + 'sensors = ["pms-a"]\n',
            r"sensors with a check sum to spoil, not pms-a \(bam1020\)",
        ),
    ],
)
def test_what_is_not_allowed_is_refused_with_file_and_field(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadFile, match=rf"mine\.toml: .*{said}"):
        read(tmp_path, text)


def test_a_synthetic_sensor_needs_a_station(tmp_path: Path) -> None:
    text = "sampling_interval_s = 60\nseed = 1\n" + SENSOR.replace('gateway = "gw-b"\n', "")

    with pytest.raises(BadFile, match=r"sensors\[1\]\.station = 'fence': .*\[\[stations\]\]"):
        read(tmp_path, text)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_read_and_says_in_a_line_what_it_shows(path: Path) -> None:
    scenario = read_scenario(path.stem)

    assert scenario.sensors
    assert 20 < len(first_comment(path)) <= 110


def test_the_broken_week_has_every_fault() -> None:
    assert set(KINDS) == {fault.kind for fault in read_scenario("broken_week").faults}


def test_a_sparkline_goes_from_zero_to_the_highest() -> None:
    assert "▁▅█" == sparkline([0, 30, 60])
    assert "▁▁" == sparkline([0, 0])
    assert "" == sparkline([])


def test_what_is_shown_of_a_scenario_names_every_sensor_fault_and_station() -> None:
    scenario = read_scenario("broken_week")

    assert 4 == sensor_table(scenario).row_count
    assert "power_cut: gw-south, hours 84 to 88" in fault_lines(scenario)
    assert "drop_out: pms-north, always, rate 0.02" in fault_lines(scenario)
    assert "clock_jump: all, hours 150 to 168, +300 s" in fault_lines(scenario)
    assert 4 == day_table(scenario, scenario.start_ms or 0).row_count
