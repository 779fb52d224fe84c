"""Scenario files: what is read and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile
from sim.scenario import read_scenario

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "sampling_interval_s = 60\nseed = 1\n"
SENSOR = """[[sensors]]
id = "pms-a"
model = "pms5003"
signal = "recorded"
column = "s1_pm25"
"""


def test_the_shipped_scenario_has_the_seven_sensors() -> None:
    scenario = read_scenario("na_phra_lan")

    assert (60, 2569) == (scenario.sampling_interval_s, scenario.seed)
    assert [
        ("pms-24t", "pms5003", "recorded", "s1_pm25", 1.0),
        ("pms-v1", "pms5003", "recorded", "s2_pm25", 3.5),
        ("sds-v2", "sds011", "recorded", "s3_pm25", 6.0),
        ("sds-f1", "sds011", "recorded", "ref_pm25_ugm3", 5.0),
        ("pms-f2", "pms5003", "recorded", "s1_pm25", 8.0),
        ("pms-bench", "pms5003", "captured", "", 1.0),
        ("sds-bench", "sds011", "captured", "", 1.0),
    ] == [(plan.id, plan.model, plan.signal, plan.column, plan.gain) for plan in scenario.sensors]
    assert (3.0, 97) == (scenario.sensors[3].pm10_ratio, scenario.sensors[4].noise_every)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sampling_interval_s = 7\nseed = 1\n" + SENSOR, "sampling_interval_s = 7: allowed is a"),
        ("sampling_interval_s = 60\n" + SENSOR, "seed = None: allowed is a whole number"),
        (HEAD, r"sensors = None: allowed is one or more tables \[\[sensors\]\]"),
        (HEAD + "speed = 2\n" + SENSOR, "speed = 2: allowed is no such field"),
        (HEAD + SENSOR + SENSOR, r"sensors\[2\]\.id = 'pms-a': allowed is an id that no other"),
        (HEAD + SENSOR + "gain = 99\n", r"sensors\[1\]\.gain = 99: allowed is a number"),
        (HEAD + SENSOR + "gain = true\n", r"sensors\[1\]\.gain = True: allowed is a number"),
        (HEAD + SENSOR + "noise_every = -1\n", r"sensors\[1\]\.noise_every = -1: allowed is"),
        (HEAD + SENSOR.replace("pms5003", "sps30"), r"sensors\[1\]\.model = 'sps30': allowed is"),
        (HEAD + SENSOR.replace("pms-a", "../a"), r"sensors\[1\]\.id = '\.\./a': allowed is"),
        (HEAD + SENSOR.replace("recorded", "captured"), r"sensors\[1\]\.column = 's1_pm25'"),
        (HEAD + SENSOR.replace("s1_pm25", "pm25"), r"sensors\[1\]\.column = 'pm25': allowed is"),
        ("seed =\n", "a file in valid TOML"),
    ],
)
def test_what_is_not_allowed_is_refused_with_file_field_and_value(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(BadFile, match=rf"mine\.toml: .*{said}"):
        read_scenario(str(path))


def test_a_name_that_is_no_scenario_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BadFile, match=r"'nowhere': allowed is .*na_phra_lan"):
        read_scenario("nowhere")
