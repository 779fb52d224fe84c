"""The client of an MQTT 5 broker as every service wants it: named, signed in, over TLS if asked."""

from __future__ import annotations

import random
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
        _encrypt(client, settings)
    # The library doubles the delay and knows no jitter: the first one is drawn by lot, so that
    # gateways which lost one broker together do not come back together.
    first_s = random.uniform(0.5, 1.5)  # noqa: S311  (no secret)
    client.reconnect_delay_set(min_delay=first_s, max_delay=longest_retry_s * first_s)  # type: ignore[arg-type]  # (fractions work)
    return client


def on_subscribe(
    _client: mqtt.Client, _user: object, _mid: int, reasons: list[ReasonCode], _props: object
) -> None:
    """Tell a subscription that the broker refuses: nothing would ever arrive, in silence."""
    for reason in reasons:
        if reason.is_failure:
            structlog.get_logger().error("subscription_refused", reason=str(reason))


def _encrypt(client: mqtt.Client, settings: MqttSettings) -> None:
    """TLS with the broker's authority and, where given, this client's own certificate."""
    for field in ("ca_file", "cert_file", "key_file"):
        _check_readable(f"mqtt.{field}", getattr(settings, field))
    try:
        client.tls_set(
            ca_certs=_text(settings.ca_file),
            certfile=_text(settings.cert_file),
            keyfile=_text(settings.key_file),
            cert_reqs=ssl.CERT_REQUIRED,
        )
    except OSError as error:  # ssl.SSLError is one
        field = (
            "mqtt.ca_file" if settings.cert_file is None else "mqtt.ca_file, cert_file, key_file"
        )
        files = ", ".join(filter(None, map(_text, (settings.ca_file, settings.cert_file))))
        allowed = f"certificates in PEM, and the key that belongs to cert_file ({error})"
        raise BadInput(field, files, allowed) from error


def _check_readable(field: str, path: Path | None) -> None:
    try:
        if path is not None:
            path.read_bytes()
    except OSError as error:
        raise BadInput(field, str(path), f"a file of certificates in PEM ({error})") from error


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
