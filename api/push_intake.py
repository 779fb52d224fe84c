"""Pushes of devices over HTTP: judged, wrapped, handed to the broker; the API stores nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from api.push_line import PushLine
from api.token_buckets import TokenBuckets, address_key
from dust import wire
from dust.errors import BadInput, DustError
from dust.push import (
    MAX_BODY_BYTES,
    SENSOR_COMMUNITY,
    VERSION,
    Push,
    check_pin,
    decode_sensor_community,
    device_of,
    push_topic,
)

if TYPE_CHECKING:
    from api.settings import ApiSettings
    from dust.clock import Clock

_DEVICE_BURST: Final = 20
"""A device sends a body for each of its sensors, at most seven, every 145 s."""
_DEVICE_REFILL_S: Final = 5.0


class TooOften(DustError):  # noqa: N818  (named by what is wrong)
    """An address or a device pushes more often than it may; `retry_after_s` until it may again."""

    def __init__(self, who: str, wait_s: float) -> None:
        self.retry_after_s = math.ceil(wait_s)
        super().__init__(f"{who} pushes too often: once more in {self.retry_after_s} s")


class PushIntake:
    """Takes pushes in while the settings say so."""

    def __init__(self, settings: ApiSettings, clock: Clock) -> None:
        self.is_open = settings.api.accept_pushes
        self._clock = clock
        self._line = PushLine(settings.mqtt, settings.api.push_timeout_s)
        per_minute = settings.api.pushes_per_minute
        self._addresses = TokenBuckets(per_minute, 60 / per_minute)
        self._devices = TokenBuckets(_DEVICE_BURST, _DEVICE_REFILL_S)

    def admit(self, host: str) -> None:
        """Let an address in, or raise `TooOften`; before anything is read."""
        wait_s = self._addresses.take(address_key(host), self._clock.monotonic_s())
        if wait_s:
            raise TooOften("this address", wait_s)

    async def take(self, body: bytes, x_sensor: str | None, x_pin: str | None) -> str:
        """Return the device's name when the broker has its push.

        Raises `BadInput`, `TooOften` or `Unavailable`.
        """
        received_ms = self._clock.now_ms()
        check_pin(x_pin)
        device = device_of(x_sensor, decode_sensor_community(body))
        wait_s = self._devices.take(device, self._clock.monotonic_s())
        if wait_s:
            raise TooOften(device, wait_s)
        push = Push(
            v=VERSION,
            received=received_ms,
            format=SENSOR_COMMUNITY,
            body=_text(body),
            x_sensor=x_sensor,
            x_pin=x_pin,
        )
        await self._line.publish(push_topic(SENSOR_COMMUNITY, device), wire.encode(push))
        return device

    async def close(self) -> None:
        await self._line.close()


def check_length(length: int) -> None:
    """Raise `BadInput` for a body that is too large."""
    if length > MAX_BODY_BYTES:
        raise BadInput("body", f"{length} bytes or more", f"at most {MAX_BODY_BYTES} bytes")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("body", body[:200], f"JSON in UTF-8 ({error})") from None
