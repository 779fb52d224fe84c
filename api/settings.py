"""The configuration of the API: DUST_* variables."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dust.settings import DatabaseSettings, LogSettings, SettingsPart


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


class ApiSettings(BaseSettings):
    """Everything that the API is told."""

    model_config = SettingsConfigDict(
        env_prefix="DUST_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database: DatabaseSettings = DatabaseSettings()
    log: LogSettings = LogSettings()
    api: HttpSettings = HttpSettings()
