"""`dust bridge --check` and the gateway's configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from dust.errors import BadFile, BadInput
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


def check(config: Path) -> str:
    arguments = ["--config", str(config), "--check"]
    return CliRunner().invoke(command, arguments, catch_exceptions=False).output


def test_a_good_configuration_is_called_good(config: Path) -> None:
    assert "1 sensors, gateway npl-gw-01: good" in check(config)


@pytest.mark.parametrize(
    ("old", "new", "field", "allowed"),
    [
        ('gateway = "npl-gw-01"', "", "gateway", "must be given"),
        ('gateway = "npl-gw-01"', 'gateway = "a/b"', "gateway", "pattern"),
        ('gateway = "npl-gw-01"', 'gateway = "g"\nspol = "x"', "spol", "no such key"),
        ('host = "broker.example"', "port = 0", "mqtt.port", "1"),
        ('host = "broker.example"', "prot = 1", "mqtt.prot", "no such key"),
        ("[[sensors]]", "[[sensor]]", "sensors", "must be given"),
        ('port = "/dev/serial/by-id/pms"', "", "sensors.0.port", "must be given"),
        (
            'model = "pms5003"',
            'model = "pms5003"\nsampling_interval_s = -1',
            "sensors.0.sampling_interval_s",
            "0",
        ),
        (
            'gateway = "npl-gw-01"',
            'gateway = "g"\nbatch_readings = 501',
            "batch_readings",
            "500",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_file_and_field(
    config: Path, old: str, new: str, field: str, allowed: str
) -> None:
    config.write_text(GOOD.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        check(config)

    assert (str(config), field) == (caught.value.path, caught.value.field)
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("code", "port", "field"),
    [("pms-1", "/dev/ttyUSB1", "sensors.code"), ("pms-2", "/dev/serial/by-id/pms", "sensors.port")],
)
def test_two_sensors_share_neither_code_nor_port(
    config: Path, code: str, port: str, field: str
) -> None:
    second = f'[[sensors]]\ncode = "{code}"\nmodel = "pms5003"\nport = "{port}"\n'
    config.write_text(GOOD + second, encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        check(config)

    assert (str(config), field) == (caught.value.path, caught.value.field)


def test_a_model_that_no_gateway_can_read_is_refused(config: Path) -> None:
    config.write_text(GOOD.replace("pms5003", "bam1020"), encoding="utf-8")

    with pytest.raises(BadInput, match="model = 'bam1020': allowed is one of pms5003, sds011"):
        check(config)


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


def test_without_a_configuration_it_is_wrong_use() -> None:
    assert 2 == CliRunner().invoke(command, []).exit_code
