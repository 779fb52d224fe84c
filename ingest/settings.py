"""The configuration of the ingest service: DUST_* variables."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dust.settings import DatabaseSettings, LogSettings, MqttSettings, SettingsPart
from ingest.homeassistant.settings import HomeAssistantSettings


class PipelineSettings(SettingsPart):
    """How readings are gathered, written and averaged."""

    worker: str = Field(
        default="ingest-1",
        pattern=r"^[A-Za-z0-9._-]{1,40}$",
        description="Name of this worker's session.",
    )
    share_group: str | None = Field(
        default="ingest",
        description="Shared subscription that workers split; empty for a broker without them.",
    )
    receive_maximum: int = Field(
        default=1000,
        ge=1,
        le=65535,
        description="Messages that may be here without acknowledgement.",
    )
    inbox_bytes: int = Field(
        default=8_000_000,
        ge=1_000_000,
        description="Bytes that may be here without acknowledgement; then the broker waits.",
    )
    flush_bytes: int = Field(
        default=1_400_000,
        ge=1,
        description="Write when messages of so many bytes are gathered (5,000 readings).",
    )
    flush_after_s: float = Field(
        default=0.02, gt=0, description="Write at the latest after this long."
    )
    gateway_burst_bytes: int = Field(
        default=64_000_000,
        ge=1_000_000,
        description="What one gateway may send at once before it is held off while others wait.",
    )
    gateway_bytes_per_s: int = Field(
        default=2_000_000,
        ge=10_000,
        description="What one gateway may send all the time without being held off.",
    )
    devices_file: Path | None = Field(
        default=None,
        description="Which foreign devices are listened to; unset: pushes over HTTP only.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port of /metrics, /healthz, /readyz; unset: none. One for each worker.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", min_length=1, description="Address on which metrics are served."
    )
    ahead_tolerance_s: float = Field(
        default=600, ge=0, description="How far a gateway's clock may be ahead before quarantine."
    )
    ledger_settle_s: float = Field(
        default=30,
        ge=0,
        description="A past day is judged when nothing has changed it for this long.",
    )


class IngestSettings(BaseSettings):
    """Everything that the ingest service is told."""

    model_config = SettingsConfigDict(
        env_prefix="DUST_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    mqtt: MqttSettings = MqttSettings()
    database: DatabaseSettings = DatabaseSettings()
    log: LogSettings = LogSettings()
    ingest: PipelineSettings = PipelineSettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
