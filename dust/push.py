"""What a device pushes over HTTP, as it travels on to ingest over MQTT.

The API wraps a push unread in an envelope and publishes it on `dust/push/v1/<format>/<device>`, so
that ingest stays the only writer. The envelope has the instant of arrival: a message that comes
again says the same time again, and changes nothing.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from dust.errors import BadInput

VERSION: Final = 1
SENSOR_COMMUNITY: Final = "sensor-community"
"""The bodies of airRohr and its kin, to Sensor.Community or to 'own API'."""
MAX_BODY_BYTES: Final = 16 * 1024
"""A push is below 2 KiB; a larger body is refused unread."""
_ENVELOPE_BYTES: Final = 6 * MAX_BODY_BYTES + 1024  # as JSON text a byte becomes six at most
_DEVICE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PIN: Final = re.compile(r"[0-9]{1,2}", re.ASCII)
_ALLOWED_DEVICE: Final = "1 to 64 letters, digits, '.', '_' or '-', no sign first"

Instant = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Push(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A push as it came: `received` is its arrival in epoch ms UTC, `body` the text unread."""

    v: int
    received: Instant
    format: str
    body: str
    x_sensor: str | None = None
    x_pin: str | None = None


class SensorDataValue(msgspec.Struct):
    """One value of an airRohr body; values are strings, other firmwares write numbers."""

    value_type: str
    value: Any = None


class SensorCommunityBody(msgspec.Struct):
    """The body of a push: `esp8266id` only where it goes to 'own API'.

    `age` stands in the page that such a device serves itself: seconds since the reading.
    """

    sensordatavalues: list[SensorDataValue]
    esp8266id: str | int | None = None
    age: Any = None


def push_topic(format_name: str, device: str) -> str:
    return f"dust/push/v{VERSION}/{format_name}/{device}"


def decode_push(payload: bytes) -> Push:
    """The envelope; raises `BadInput` for anything else."""
    if len(payload) > _ENVELOPE_BYTES:
        raise BadInput("push", f"{len(payload)} bytes", f"at most {_ENVELOPE_BYTES} bytes")
    try:
        push = msgspec.json.decode(payload, type=Push)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("push", payload[:200], f"a push of version {VERSION} ({error})") from None
    if push.v != VERSION:
        raise BadInput("push.v", push.v, str(VERSION))
    return push


def decode_sensor_community(body: str | bytes) -> SensorCommunityBody:
    """The body of a push; raises `BadInput` that names the field."""
    try:
        return msgspec.json.decode(body, type=SensorCommunityBody)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".") or "body"
        raise BadInput(field, _shown(body), f"as airRohr writes it ({what})") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadInput("body", _shown(body), f"JSON in UTF-8 ({error})") from None


def device_of(x_sensor: str | None, body: SensorCommunityBody) -> str:
    """The device's name, the same for both of its bodies: `esp8266-1234567`.

    The header says it, else the body's id. Raises `BadInput` where neither does, where they
    contradict each other, or where it cannot stand in a topic.
    """
    identifier = None if body.esp8266id is None else str(body.esp8266id)
    if x_sensor is None and identifier is None:
        raise BadInput("X-Sensor", None, "the device's name, or `esp8266id` in the body")
    if x_sensor is None:
        return _checked("esp8266id", f"esp8266-{identifier}")
    device = _checked("X-Sensor", x_sensor)
    if identifier is not None and device.rpartition("-")[2] != identifier:
        raise BadInput("esp8266id", identifier, f"that of the header X-Sensor ({device})")
    return device


def check_pin(x_pin: str | None) -> int | None:
    """The number of the header X-Pin, which says of what sensor a body of Sensor.Community is."""
    if x_pin is None:
        return None
    if not _PIN.fullmatch(x_pin):
        raise BadInput("X-Pin", x_pin, "a number of one or two digits")
    return int(x_pin)


def _checked(field: str, device: str) -> str:
    if not _DEVICE.fullmatch(device):
        raise BadInput(field, device[:200], _ALLOWED_DEVICE)
    return device


def _shown(body: str | bytes) -> str:
    return (body if isinstance(body, str) else body.decode("utf-8", "replace"))[:200]
