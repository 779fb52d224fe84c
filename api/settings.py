"""The configuration of the API: DUST_* variables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.cross_origin import check_origins, origins_of
from dust.settings import DatabaseSettings, LogSettings, MqttSettings, SettingsPart


class HttpSettings(SettingsPart):
    """Where the API listens."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port to listen on.")
    pool_connections: int = Field(default=4, ge=2, le=100, description="Database connections.")
    live_interval_s: float = Field(
        default=1.0,
        gt=0,
        description="The live stream tells a station's changes at most this often.",
    )
    metrics: Literal["off", "local", "public"] = Field(
        default="local", description="Who may read /metrics; `local`: this machine, past no proxy."
    )
    accept_pushes: bool = Field(
        default=True, description="Take in pushes of devices over HTTP; needs the broker."
    )
    push_timeout_s: float = Field(
        default=5.0, gt=0, le=60, description="How long a push waits for the broker before 503."
    )
    pushes_per_minute: int = Field(
        default=60, ge=1, le=100_000, description="Pushes a minute from one address, and at once."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins whose pages may read /api/v1, separated by commas; `*`: all.",
    )
    hsts: bool = Field(
        default=False,
        description="Tell browsers to come by HTTPS only, for a year; the proxy ends TLS.",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins_are_separated(cls, value: object) -> object:
        return origins_of(value) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins_can_come(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return check_origins(origins)


class ApiSettings(BaseSettings):
    """Everything that the API is told."""

    model_config = SettingsConfigDict(
        env_prefix="DUST_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    mqtt: MqttSettings = MqttSettings()
    database: DatabaseSettings = DatabaseSettings()
    log: LogSettings = LogSettings()
    api: HttpSettings = HttpSettings()
