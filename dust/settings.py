"""The pieces of configuration that services share and compose in their own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from dust.clock import Clock, ReplayClock, SystemClock
from dust.errors import BadInput


class SettingsPart(BaseModel):
    """A group of settings: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MqttSettings(SettingsPart):
    """How to reach the broker."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=253,
        description="Host name or address of the MQTT 5 broker.",
    )
    port: int = Field(default=1883, ge=1, le=65535, description="TCP port of the broker.")
    username: str | None = Field(
        default=None, description="User name, where the broker asks for one."
    )
    password: SecretStr | None = Field(default=None, description="Password of that user.")
    ca_file: Path | None = Field(
        default=None,
        description="Certificate authority of the broker; given, the connection is TLS.",
    )
    cert_file: Path | None = Field(
        default=None, description="This client's certificate, where the broker asks for one."
    )
    key_file: Path | None = Field(default=None, description="The private key of that certificate.")
    keepalive_s: int = Field(default=30, ge=5, le=600, description="MQTT keep-alive.")

    @field_validator("host")
    @classmethod
    def _host_can_be_looked_up(cls, host: str) -> str:
        try:
            host.encode("idna")
        except UnicodeError as error:
            raise ValueError(f"a host name or an address ({error})") from None
        return host

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            missing = "mqtt.key_file" if self.key_file is None else "mqtt.cert_file"
            raise BadInput(missing, None, "cert_file and key_file go together")
        if self.cert_file is not None and self.ca_file is None:
            raise BadInput("mqtt.ca_file", None, "a file, as a client's certificate needs TLS")
        return self


class DatabaseSettings(SettingsPart):
    """How to reach PostgreSQL or TimescaleDB."""

    url: SecretStr = Field(
        default=SecretStr("postgresql:///dust"), description="Connection string of the database."
    )


class LogSettings(SettingsPart):
    """How much is logged, and for whom."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least grave line that is written."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: for people on a terminal, JSON elsewhere."
    )


class ClockSettings(SettingsPart):
    """Where the service takes its time from."""

    replay_file: Path | None = Field(
        default=None,
        description="A replayed clock's file of 32 bytes; unset: the machine's clock.",
    )

    def build(self) -> Clock:
        if self.replay_file is None:
            return SystemClock()
        try:
            return ReplayClock(self.replay_file)
        except (OSError, ValueError) as error:
            allowed = f"a file of 32 bytes ({error})"
            raise BadInput("clock.replay_file", str(self.replay_file), allowed) from None
