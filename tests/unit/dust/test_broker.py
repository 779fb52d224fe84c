"""The client of the broker, before it connects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from paho.mqtt import client as mqtt
from pydantic import SecretStr

from dust.broker import broker_client
from dust.errors import BadInput
from dust.settings import MqttSettings

if TYPE_CHECKING:
    from pathlib import Path


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
