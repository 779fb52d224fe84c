"""Network files: what is right is read, what is wrong is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dust.errors import BadFile
from dust.network import load_network
from dust.pollutants import Pollutant

GOOD = """
code = "npl"
name = { th = "หน้าพระลาน", en = "Na Phra Lan" }

[[stations]]
code = "v1"
name = { th = "หมู่ 1", en = "Village 1" }
kind = "village"
latitude = 14.69
longitude = 100.87

[[sensors]]
code = "pms-1"
model = "pms5003"
gateway = "gw-1"

[[sensors]]
code = "sds-1"
model = "sds011"
gateway = "gw-1"

[[deployments]]
sensor = "pms-1"
station = "v1"
reports = ["pm25"]
"""
AT_V1 = '\n[[deployments]]\nstation = "v1"\nsensor = '
DEMO = Path(__file__).parents[3] / "demo" / "network.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "network.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    if old not in text:
        pytest.fail(f"{old!r} is not in the file")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_good_file_is_read_with_its_defaults(file: Path) -> None:
    network = load_network(file)

    assert "Asia/Bangkok" == network.stations[0].time_zone
    assert [60, 60] == [sensor.sampling_interval_s for sensor in network.sensors]
    assert datetime(2000, 1, 1, tzinfo=UTC) == network.deployments[0].start
    assert network.deployments[0].end is None
    assert [Pollutant.PM25] == network.reported_by(network.deployments[0])


def test_a_deployment_reports_all_that_its_model_measures_by_default(file: Path) -> None:
    network = load_network(edit(file, 'reports = ["pm25"]', ""))

    expected = [Pollutant.PM1, Pollutant.PM25, Pollutant.PM10]
    assert expected == network.reported_by(network.deployments[0])


@pytest.mark.parametrize(
    ("old", "new", "field", "value", "allowed"),
    [
        ('code = "npl"', 'code = "n p l"', "code", "n p l", "pattern"),
        ('code = "npl"', 'code = "npl\\n"', "code", "npl\n", "pattern"),
        ('code = "npl"', f'code = "{"a" * 65}"', "code", "a" * 65, "pattern"),
        ('code = "npl"', 'code = "npl"\nwho = 1', "who", 1, "no such key"),
        ('code = "npl"', "", "code", None, "the key must be given"),
        (', en = "Na Phra Lan"', "", "name.en", None, "the key must be given"),
        ('"village"', '"castle"', "stations.0.kind", "castle", "'village'"),
        ("14.69", "91", "stations.0.latitude", 91, "less than or equal to 90"),
        ("100.87", "-181", "stations.0.longitude", -181, "-180"),
        ("100.87", "'x'", "stations.0.longitude", "x", "valid number"),
        (
            '"village"',
            '"village"\ntime_zone = "A/B"',
            "stations.0.time_zone",
            "A/B",
            "Asia/Bangkok",
        ),
        ('"village"', '"village"\ntime_zone = ""', "stations.0.time_zone", "", "Asia/Bangkok"),
        (
            '"pms5003"',
            '"pms1"',
            "sensors.0.model",
            "pms1",
            "one of air4thai, bam1020, davis-vantage",
        ),
        (
            'model = "pms5003"',
            'model = "pms5003"\nsampling_interval_s = 0',
            "sensors.0.sampling_interval_s",
            0,
            "greater than or equal to 1",
        ),
        (
            'model = "pms5003"',
            'model = "pms5003"\nsampling_interval_s = 3601',
            "sensors.0.sampling_interval_s",
            3601,
            "3600",
        ),
        ('sensor = "pms-1"', 'sensor = "x"', "deployments.0.sensor", "x", "pms-1, sds-1"),
        ('station = "v1"', 'station = "x"', "deployments.0.station", "x", "in this file: v1"),
        ('["pm25"]', '["pm99"]', "deployments.0.reports.0", "pm99", "'pm25'"),
        ('["pm25"]', '["tsp"]', "deployments.0.reports", "tsp", "a pms5003 measures: pm1, pm25"),
        ('["pm25"]', "[]", "deployments.0.reports", [], "at least 1"),
        (
            'station = "v1"',
            'station = "v1"\nfrom = 2026-01-01T00:00:00',
            "deployments.0.from",
            datetime(2026, 1, 1),  # noqa: DTZ001  the mistake itself
            "timezone",
        ),
        (
            'station = "v1"',
            'station = "v1"\nfrom = 2026-01-02T00:00:00Z\nto = 2026-01-02T00:00:00Z',
            "deployments.0.to",
            datetime(2026, 1, 2, tzinfo=UTC),
            "after `from` (2026-01-02",
        ),
        ('code = "sds-1"', 'code = "pms-1"', "sensors.code", "pms-1", "each code once in sensors"),
    ],
)
def test_what_is_wrong_is_named_with_its_value_and_what_is_allowed(
    file: Path, old: str, new: str, field: str, value: object, allowed: str
) -> None:
    with pytest.raises(BadFile) as caught:
        load_network(edit(file, old, new))

    assert (str(file), field, value) == (caught.value.path, caught.value.field, caught.value.value)
    assert allowed in caught.value.allowed


def test_a_station_code_that_stands_twice_is_refused(file: Path) -> None:
    station = GOOD[GOOD.index("[[stations]]") : GOOD.index("[[sensors]]")]

    with pytest.raises(BadFile, match=r"stations\.code = 'v1': allowed is each code once"):
        load_network(edit(file, "[[sensors]]", station + "[[sensors]]"))


def test_two_sensors_may_not_tell_the_same_pollutant_of_a_station_at_once(file: Path) -> None:
    file.write_text(GOOD + AT_V1 + '"sds-1"', encoding="utf-8")

    with pytest.raises(BadFile, match=r"deployments.reports = 'pms-1 and sds-1 at v1: pm25'"):
        load_network(file)


def test_two_sensors_may_share_a_station_where_each_tells_its_own(file: Path) -> None:
    file.write_text(GOOD + AT_V1 + '"sds-1"\nreports = ["pm10"]', encoding="utf-8")

    assert 2 == len(load_network(file).deployments)


def test_a_sensor_is_at_one_station_at_a_time(file: Path) -> None:
    file.write_text(GOOD + AT_V1 + '"pms-1"\nreports = ["pm10"]', encoding="utf-8")

    with pytest.raises(BadFile, match="allowed is a sensor at one station at a time"):
        load_network(file)


def test_a_sensor_may_follow_another_in_the_instant_in_which_it_ends(file: Path) -> None:
    edit(file, 'station = "v1"', 'station = "v1"\nto = 2026-01-01T00:00:00+07:00')
    text = file.read_text(encoding="utf-8")
    file.write_text(text + AT_V1 + '"sds-1"\nfrom = 2025-12-31T17:00:00Z', encoding="utf-8")

    assert 2 == len(load_network(file).deployments)


def test_a_station_may_lie_in_another_time_zone(file: Path) -> None:
    network = load_network(edit(file, '"village"', '"village"\ntime_zone = "Europe/Berlin"'))

    assert "Europe/Berlin" == network.stations[0].time_zone


def test_the_network_of_the_demo_is_good() -> None:
    assert load_network(DEMO).stations
