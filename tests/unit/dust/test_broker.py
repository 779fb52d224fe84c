"""The client of the broker, before it connects."""

from __future__ import annotations

from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from pydantic import SecretStr

from dust.broker import broker_client
from dust.errors import BadInput
from dust.settings import MqttSettings


def test_a_client_speaks_mqtt_5_and_is_not_connected_yet() -> None:
    client = broker_client(MqttSettings(), "dust-bridge-gw-1")

    assert mqtt.MQTTv5 == client.protocol
    assert not client.is_connected()
    assert client.username is None


def test_a_client_signs_in_by_the_name_and_password_of_its_settings() -> None:
    settings = MqttSettings(username="gw-1", password=SecretStr("hunter2"))

    client = broker_client(settings, "dust-bridge-gw-1")

    assert ("gw-1", "hunter2") == (client.username, client.password)


def test_a_client_may_sign_in_without_a_password() -> None:
    client = broker_client(MqttSettings(username="gw-1"), "dust-bridge-gw-1")

    assert ("gw-1", None) == (client.username, client.password)


def test_a_certificate_authority_that_is_none_is_never_ignored(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")

    with pytest.raises(BadInput, match=r"mqtt\.ca_file = .*ca\.pem"):
        broker_client(MqttSettings(ca_file=tmp_path / "ca.pem"), "dust-bridge-gw-1")


@pytest.mark.parametrize("field", ["ca_file", "cert_file", "key_file"])
def test_a_certificate_that_is_not_there_is_named(tmp_path: Path, field: str) -> None:
    files = {name: Path(__file__) for name in ("ca_file", "cert_file", "key_file")}
    settings = MqttSettings(**(files | {field: tmp_path / "none.pem"}))

    with pytest.raises(BadInput, match=rf"mqtt\.{field} = .*none\.pem"):
        broker_client(settings, "dust-bridge-gw-1")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"cert_file"}, "mqtt.key_file"),
        ({"key_file"}, "mqtt.cert_file"),
        ({"cert_file", "key_file"}, "mqtt.ca_file"),
    ],
)
def test_a_client_certificate_needs_its_key_and_the_authority(
    given: set[str], missing: str
) -> None:
    with pytest.raises(BadInput) as caught:
        MqttSettings(**dict.fromkeys(given, Path("some.pem")))

    assert missing == caught.value.field


def test_gateways_that_lost_a_broker_together_do_not_come_back_together() -> None:
    first_delays = {
        broker_client(MqttSettings(), f"dust-bridge-{n}")._reconnect_min_delay for n in range(8)
    }

    assert 8 == len(first_delays)
    assert all(0.5 <= delay <= 1.5 for delay in first_delays)
