"""`dust bridge --check`, `--list-ports`, and the gateway's configuration file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from dust.toml_file import load_toml
from firmware_bridge.__main__ import command
from firmware_bridge.settings import BridgeSettings

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
gateway = "npl-gw-01"
[mqtt]
host = "broker.example"
username = "npl-gw-01"
[[sensors]]
code = "pms-1"
model = "pms5003"
port = "/dev/serial/by-id/pms"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def bridge(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def check(config: Path) -> Result:
    return bridge("--check", str(config))


def wrong(config: Path) -> list[str]:
    """The errors of a file that is refused, without the file's own name."""
    result = check(config)
    assert 2 == result.exit_code
    *told, last = [line.removeprefix(f"{config}:") for line in result.stderr.splitlines()]
    errors = [line for line in told if " warning: " not in line]
    assert f" {len(errors)} wrong" == last
    return errors


def warnings(config: Path) -> list[str]:
    result = check(config)
    assert 0 == result.exit_code
    return [line.removeprefix(f"{config}:") for line in result.stderr.splitlines()]


@pytest.mark.parametrize(
    "arguments", [("--check", "{}"), ("{}", "--check"), ("--config", "{}", "--check")]
)
def test_a_good_configuration_is_called_good_however_the_file_is_named(
    config: Path, arguments: tuple[str, ...]
) -> None:
    result = bridge(*(argument.format(config) for argument in arguments))

    assert 0 == result.exit_code
    assert "1 sensors, gateway npl-gw-01: good" in result.stdout


def test_a_good_configuration_is_told_as_what_will_be_read(config: Path) -> None:
    head, row, _ = check(config).stdout.splitlines()

    assert ["sensor", "model", "port", "line"] == head.split()[:4]
    assert ["pms-1", "pms5003", "/dev/serial/by-id/pms", "9600", "8N1"] == row.split()[:5]
    assert row.endswith("pm1 pm25 pm10")


@pytest.mark.parametrize(
    ("old", "new", "place", "allowed"),
    [
        ('gateway = "npl-gw-01"', "", " gateway", "must be given"),
        ('gateway = "npl-gw-01"', 'gateway = "a/b"', "2: gateway", "pattern"),
        ('gateway = "npl-gw-01"', 'gateway = "g"\nspol = "x"', "3: spol", "did you mean spool"),
        ('host = "broker.example"', "port = 0", "4: mqtt.port", "1"),
        ('host = "broker.example"', "prot = 1", "4: mqtt.prot", "no such key: did you mean port"),
        ("[[sensors]]", "[[sensor]]", " sensors", "must be given"),
        ('port = "/dev/serial/by-id/pms"', "", "6: sensors.0.port", "must be given"),
        (
            'model = "pms5003"',
            'model = "pms5003"\nsampling_interval_s = -1',
            "9: sensors.0.sampling_interval_s",
            "0",
        ),
        (
            'gateway = "npl-gw-01"',
            'gateway = "g"\nbatch_readings = 501',
            "3: batch_readings",
            "500",
        ),
        ('host = "broker.example"', "host = ", "4: file", "TOML"),
    ],
)
def test_a_wrong_configuration_is_refused_by_file_line_and_field(
    config: Path, old: str, new: str, place: str, allowed: str
) -> None:
    config.write_text(GOOD.replace(old, new, 1), encoding="utf-8")

    errors = wrong(config)

    assert any(error.startswith(f"{place} = ") and allowed in error for error in errors)


def test_everything_wrong_is_told_at_once_from_top_to_bottom(config: Path) -> None:
    config.write_text(
        GOOD.replace("npl-gw-01", "a/b", 1).replace("pms5003", "pms7003")
        + "sampling = 3\n"
        + '[[sensors]]\ncode = "pms-1"\nmodel = "sds011"\nport = "/dev/b"\nread_s = -1\n',
        encoding="utf-8",
    )

    assert [
        "2: gateway = 'a/b'",
        "8: sensors.0.model = 'pms7003'",
        "10: sensors.0.sampling = 3",
        "12: sensors.1.code = 'pms-1'",
        "15: sensors.1.read_s = -1",
    ] == [error.split(": allowed is ")[0] for error in wrong(config)]


@pytest.mark.parametrize(
    ("code", "port", "error"),
    [
        (
            "pms-1",
            "/dev/b",
            "11: sensors.1.code = 'pms-1': allowed is each code once: it stands in",
        ),
        ("pms-2", "/dev/serial/by-id/pms", "13: sensors.1.port = '/dev/serial/by-id/pms'"),
    ],
)
def test_two_sensors_share_neither_code_nor_port(
    config: Path, code: str, port: str, error: str
) -> None:
    second = f'[[sensors]]\n\ncode = "{code}"\nmodel = "pms5003"\nport = "{port}"\n'
    config.write_text(GOOD + second, encoding="utf-8")

    (told,) = wrong(config)

    assert told.startswith(error.replace("11:", "12:").replace("13:", "14:"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pms50003", "pms5003"),
        ("PMS7003", "pms5003"),  # a label whose frames are those of the PMS5003
        ("PMSA003", "pms5003"),
        ("SDS021", "sds011"),
        ("sn_gcja5", "sn-gcja5"),
        ("READ-THE-LABEL", "one of "),
    ],
)
def test_a_model_that_no_gateway_knows_is_answered_with_what_may_be_meant(
    config: Path, written: str, meant: str
) -> None:
    config.write_text(GOOD.replace("pms5003", written), encoding="utf-8")

    (told,) = wrong(config)

    assert told.startswith(f"8: sensors.0.model = '{written}': allowed is {meant}")


def test_options_that_a_model_does_not_have_are_refused_each_at_its_line(config: Path) -> None:
    config.write_text(GOOD + 'inlet = "pm25"\nfan_clean_s = 3600\n', encoding="utf-8")

    assert {"10: sensors.0.inlet", "11: sensors.0.fan_clean_s"} == {
        error.split(" = ")[0] for error in wrong(config)
    }


def test_what_a_reference_instrument_lacks_is_told_at_once(config: Path) -> None:
    config.write_text(GOOD.replace("pms5003", "bam1020"), encoding="utf-8")

    assert ["6: sensors.0.sampling_interval_s = 60", "6: sensors.0.inlet = None"] == [
        error.split(": allowed is ")[0] for error in wrong(config)
    ]


def test_a_whole_table_that_is_refused_hides_nothing_else(config: Path) -> None:
    text = GOOD.replace('host = "broker.example"', 'key_file = "k.pem"').replace("npl-gw-01", "a/b")
    config.write_text(text, encoding="utf-8")

    assert ["2: gateway", "3: mqtt.cert_file"] == [error.split(" = ")[0] for error in wrong(config)]


@pytest.mark.parametrize(
    ("told", "how"),
    [
        ("", "listened to"),
        ("asked = true", "asked every 2 s"),
        ("asked = true\npoll_s = 5", "asked every 5 s"),
        ("read_s = 20\nsampling_interval_s = 300", "listened to, 20 s at a time"),
    ],
)
def test_the_table_says_how_a_sensor_is_read(config: Path, told: str, how: str) -> None:
    config.write_text(GOOD + told, encoding="utf-8")

    assert f"  {how}  pm1 pm25 pm10" in check(config).stdout


def test_a_duty_cycle_that_does_not_fit_its_interval_is_refused(config: Path) -> None:
    config.write_text(GOOD + "sampling_interval_s = 60\nread_s = 40\n", encoding="utf-8")

    (told,) = wrong(config)

    assert told.startswith("11: sensors.0.read_s = 40")


def test_what_the_environment_told_wrongly_is_said_to_come_from_there(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUST_MQTT__KEEPALIVE_S", "1")

    (told,) = wrong(config)

    assert told.startswith(" mqtt.keepalive_s = '1'")
    assert told.endswith("(told by DUST_MQTT__KEEPALIVE_S)")


def test_a_file_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    result = check(tmp_path / "none.toml")

    assert 2 == result.exit_code
    assert "the path of a file that exists" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("", "", "9: warning: sensors.0.port = '/dev/serial/by-id/pms' is not here now"),
        (
            "/dev/serial/by-id/pms",
            "serial:A5",
            "9: warning: sensors.0.port = 'serial:A5' is not here now (no adapter with this",
        ),
        (
            'gateway = "npl-gw-01"',
            'gateway = "g"\nspool = "/nowhere/spool.sqlite"',
            "3: warning: spool = '/nowhere/spool.sqlite' lies in a folder that is not here",
        ),
        (
            'host = "broker.example"',
            'ca_file = "/nowhere/ca.pem"',
            "4: warning: mqtt.ca_file = '/nowhere/ca.pem' is not here",
        ),
    ],
)
def test_what_is_doubtful_on_this_machine_is_warned_of_and_is_no_error(
    config: Path, old: str, new: str, warning: str
) -> None:
    config.write_text(GOOD.replace(old, new, 1), encoding="utf-8")

    assert any(told.startswith(warning) for told in warnings(config))


def test_one_port_by_two_names_is_warned_of(config: Path, tmp_path: Path) -> None:
    port, other = tmp_path / "port", tmp_path / "other"
    port.touch()
    other.symlink_to(port)
    second = f'[[sensors]]\ncode = "b"\nmodel = "sds011"\nport = "{other}"\n'
    config.write_text(GOOD.replace("/dev/serial/by-id/pms", str(port)) + second, encoding="utf-8")

    assert any("is the port of sensors.0 by another name" in told for told in warnings(config))


def test_a_gateway_with_a_wrong_configuration_does_not_start(config: Path) -> None:
    config.write_text('[[sensors]]\ncode = "a"\nmodel = "pms9"\nport = "p"\n', encoding="utf-8")

    result = bridge("--config", str(config))

    assert 2 == result.exit_code
    assert f"dust: {config}: gateway = None" in result.stderr
    assert f"dust: {config}:3: sensors.0.model = 'pms9'" in result.stderr


def test_the_ports_can_be_listed_as_json() -> None:
    result = bridge("--list-ports", "--json")

    assert 0 == result.exit_code
    assert all(port["path"].startswith("/dev/") for port in json.loads(result.stdout))


def test_the_ports_are_listed_or_said_to_be_missing() -> None:
    assert any(told in bridge("--list-ports").stdout for told in ("port = ", "no serial port here"))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--check",),
        ("--check", "--list-ports", "a.toml"),
        ("--config", "a.toml", "b.toml"),
        ("--probe", "/dev/x", "--seconds", "0"),
    ],
)
def test_wrong_use_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert 2 == bridge(*arguments).exit_code


def test_the_password_comes_from_the_environment_and_is_not_shown(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUST_MQTT__PASSWORD", "hunter2")

    mqtt = load_toml(config, BridgeSettings).mqtt

    assert mqtt.password is not None
    assert "hunter2" == mqtt.password.get_secret_value()
    assert ("broker.example", "npl-gw-01") == (mqtt.host, mqtt.username)
    assert "hunter2" not in repr(mqtt)


def test_the_file_stands_above_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUST_GATEWAY", "another")

    assert "npl-gw-01" == load_toml(config, BridgeSettings).gateway
