"""The client of an MQTT 5 broker as every service wants it: named, signed in, over TLS if asked."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import structlog
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from dust.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from paho.mqtt.reasoncodes import ReasonCode

    from dust.settings import MqttSettings


def broker_client(
    settings: MqttSettings, client_id: str, *, manual_ack: bool = False, longest_retry_s: int = 30
) -> mqtt.Client:
    """A client that is not connected yet and will reconnect by itself, after 1 s at first."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=mqtt.MQTTv5,
        manual_ack=manual_ack,
    )
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else None
        client.username_pw_set(settings.username, password)
    if settings.ca_file is not None:
        _trust(client, settings.ca_file)
    client.reconnect_delay_set(min_delay=1, max_delay=longest_retry_s)
    return client


def on_subscribe(
    _client: mqtt.Client, _user: object, _mid: int, reasons: list[ReasonCode], _props: object
) -> None:
    """Tell a subscription that the broker refuses: nothing would ever arrive, in silence."""
    for reason in reasons:
        if reason.is_failure:
            structlog.get_logger().error("subscription_refused", reason=str(reason))


def _trust(client: mqtt.Client, ca_file: Path) -> None:
    try:
        client.tls_set(ca_certs=str(ca_file), cert_reqs=ssl.CERT_REQUIRED)
    except OSError as error:  # ssl.SSLError is one
        allowed = f"a file of certificates in PEM ({error})"
        raise BadInput("mqtt.ca_file", str(ca_file), allowed) from error
