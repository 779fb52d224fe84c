"""The fleet: which readings gateways make, and that copies differ as units do."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sim.faults import FaultPlan
from sim.fleet import Fleet, mean_levels
from sim.reading_file import ReadingFile, write_frames
from sim.recordings import read_recording
from sim.scenario import Scenario, SensorPlan, read_scenario, shipped
from sim.sensors import sensors
from sim.time_line import fixed_time_line, past_time_line
from sim.world.local_time import HOUR_MS
from sim.world.plans import BurningPlan, PlacePlan

if TYPE_CHECKING:
    from pathlib import Path

START_MS = 1_772_470_800_000  # a local midnight in March 2026
MINUTE_MS = 60_000


def plan(sensor_id: str = "pms-a", model: str = "pms5003", gateway: str = "gw-a") -> SensorPlan:
    return SensorPlan(sensor_id, model, "synthetic", gateway=gateway, station="village")


def scenario(*plans: SensorPlan, faults: tuple[FaultPlan, ...] = ()) -> Scenario:
    return Scenario(
        60,
        7,
        plans or (plan(),),
        stations=(PlacePlan("village", burning=BurningPlan()),),
        gateways=("gw-a", "gw-b"),
        faults=faults,
    )


def fleet(made: Scenario, gateways: int | None = None, hours: int = 1) -> Fleet:
    return Fleet(made, read_recording(), fixed_time_line(START_MS, hours), gateways)


def lines_of(made: Scenario, hours: float = 1) -> list[dict[str, object]]:
    file = io.StringIO()
    whole = fleet(made)
    ReadingFile(file).write(whole, whole.instants(hours), lambda _done: None)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_gateway_makes_a_reading_for_each_sensor_and_interval_stamped_with_its_last_ms() -> None:
    lines = lines_of(scenario(plan(), plan("sds-a", "sds011")))

    assert 120 == len(lines)
    assert list(range(1, 121)) == [line["seq"] for line in lines]
    assert ["pms-a", "sds-a"] * 60 == [line["sensor"] for line in lines]
    assert START_MS + 59_999 == lines[0]["t"]
    assert START_MS + HOUR_MS - 1 == lines[-1]["t"]
    assert {"seq", "t", "sensor", "pm1", "pm25", "pm10"} == set(lines[0])


def test_a_reference_makes_one_reading_an_hour_of_the_hour_before() -> None:
    lines = lines_of(scenario(plan("bam-a", "bam1020")), hours=3)

    assert [START_MS + n * HOUR_MS - 1 for n in range(3)] == [line["t"] for line in lines]


def test_copies_have_names_of_their_own_and_levels_near_one_another() -> None:
    copied = fleet(scenario(plan(), plan("pms-b", gateway="gw-b")), gateways=5)
    instant = copied.instants(1)[0]

    assert ["gw-a-0001", "gw-b-0001", "gw-a-0002", "gw-b-0002", "gw-a-0003"] == [
        gateway.name for gateway in copied.gateways
    ]
    made = [next(iter(gateway.readings(instant))) for gateway in copied.gateways]
    assert ["pms-a-0001", "pms-b-0001", "pms-a-0002"] == [reading.sensor for reading in made][:3]
    levels = [reading.pm25 or 0 for reading in made]
    assert len(set(levels)) > 1
    assert max(levels) < 1.6 * min(levels)


def test_the_same_seed_makes_the_same_readings() -> None:
    assert lines_of(scenario()) == lines_of(scenario())


def test_two_frames_of_one_interval_are_one_reading_of_their_mean() -> None:
    lines = lines_of(scenario(faults=(FaultPlan("reorder"),)))

    assert 30 == len(lines)
    assert {2} == {line["n"] for line in lines}


def test_directions_are_averaged_as_vectors() -> None:
    mean = mean_levels([{"wind_deg": 350.0, "pm25": 1.0}, {"wind_deg": 20.0, "pm25": 2.0}, {}])

    assert {"wind_deg": pytest.approx(5.0), "pm25": 1.5} == mean


def test_after_an_outage_readings_come_late_with_their_own_numbers_and_times() -> None:
    outage = FaultPlan("network_outage", gateways=("gw-a",), from_h=0.25, to_h=0.5)
    lines = lines_of(
        scenario(plan(), plan("pms-b", gateway="gw-b"), faults=(outage,)),
    )
    order = [line["sensor"] for line in lines]

    assert ["pms-b"] * 15 == order[30:45]
    assert ["pms-a"] * 16 == order[45:61]
    of_a = [line for line in lines if line["sensor"] == "pms-a"]
    assert list(range(1, 61)) == [line["seq"] for line in of_a]
    assert [START_MS + n * MINUTE_MS + 59_999 for n in range(60)] == [line["t"] for line in of_a]


def test_a_wrong_clock_stamps_what_it_shows() -> None:
    jump = FaultPlan("clock_jump", by_s=600, from_h=0.5, to_h=1)
    stamps = [line["t"] for line in lines_of(scenario(faults=(jump,)))]

    assert [START_MS + n * MINUTE_MS + 59_999 for n in (*range(30), *range(40, 70))] == stamps


def test_tallies_are_summed_by_kind() -> None:
    whole = fleet(scenario(faults=(FaultPlan("power_cut"),)), gateways=2)
    for instant in whole.instants(1):
        for gateway in whole.gateways:
            assert [] == list(gateway.readings(instant))

    assert {"power_cut": {"lost": 60, "added": 0, "held": 0}} == whole.tallies()


@pytest.mark.parametrize("name", ["burning_season", "blast_and_rain", "broken_week"])
def test_readings_made_without_bytes_are_those_of_the_frames(name: str) -> None:
    flawless = replace(read_scenario(name), faults=())
    time_line = fixed_time_line(START_MS, 3)
    whole = Fleet(flawless, read_recording(), time_line)
    lines = sensors(flawless, read_recording(), time_line)

    for instant in whole.instants(3):
        made = [made for gateway in whole.gateways for made in gateway.readings(instant)]
        told = {reading.sensor: reading.pm25 for reading in made}
        emissions = {line.id: line.emission(instant) for line in lines}
        sent = {name: emission.counted[0] for name, emission in emissions.items() if emission}

        assert told == {name: pm25_of(levels) for name, levels in sent.items()}


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_scenario_makes_readings(path: Path) -> None:
    shown = read_scenario(path.stem)
    whole = Fleet(shown, read_recording(), fixed_time_line(shown.start_ms or START_MS, 9))
    instants = whole.instants(9)  # the recording's first seven hours are gaps

    made = [
        reading
        for instant in instants
        for gateway in whole.gateways
        for reading in gateway.readings(instant)
    ]

    assert {plan.id for plan in shown.sensors} == {reading.sensor for reading in made}


def pm25_of(levels: str) -> float | None:
    pm25 = levels.split(",")[1]
    return float(pm25) if pm25 else None


def test_frames_are_written_as_sensor_instant_and_hexadecimal() -> None:
    made = scenario(plan("sds-a", "sds011"))
    file = io.StringIO()
    lines = sensors(made, read_recording(), fixed_time_line(START_MS, 1))

    written = write_frames(lines, [START_MS, START_MS + 1000], file, None, lambda _done: None)

    assert (2, 2) == (written.lines, written.frames)
    sensor, instant, data = file.getvalue().splitlines()[1].split(",")
    assert ("sds-a", str(START_MS + 1000)) == (sensor, instant)
    assert "AAC0" == data[:4]
    assert 20 == len(data)


def test_a_line_of_time_that_ends_now_runs_ahead_of_nobody() -> None:
    now_ms = START_MS + 12_345
    live, past = past_time_line(now_ms, 0, 60), past_time_line(now_ms, 2, 60)

    assert START_MS - 60_000 == live.start_ms
    assert START_MS - 60_000 - 2 * HOUR_MS == past.start_ms
