"""The configuration of one gateway: a TOML file, and DUST_* variables for its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dust.errors import BadInput
from dust.network import Code
from dust.settings import ClockSettings, LogSettings, MqttSettings, SettingsPart


class SensorSettings(SettingsPart):
    """One sensor on one port."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code = Field(description="The sensor's code in the network file.")
    model: str = Field(description="The sensor's model; never guessed from its bytes.")
    port: str = Field(description="The serial port, best by its name under /dev/serial/by-id.")
    sampling_interval_s: float = Field(
        default=60, ge=0, le=3600, description="Frames averaged into one reading; 0: every frame."
    )


class BridgeSettings(BaseSettings):
    """Everything that a gateway is told."""

    model_config = SettingsConfigDict(
        env_prefix="DUST_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    gateway: Code = Field(description="This gateway's name; it stands in every topic.")
    spool: Path = Field(
        default=Path("/var/lib/dust/spool.sqlite"), description="The file that no outage can empty."
    )
    sensors: list[SensorSettings] = Field(min_length=1, description="The sensors on this gateway.")
    mqtt: MqttSettings = MqttSettings()
    clock: ClockSettings = ClockSettings()
    log: LogSettings = LogSettings()
    batch_readings: int = Field(default=500, ge=1, le=500, description="Readings in a message.")
    batches_in_flight: int = Field(
        default=8, ge=1, le=100, description="Batches sent and not yet covered by a receipt."
    )
    receipt_timeout_s: float = Field(
        default=20, gt=0, description="After this long without a receipt a batch is sent again."
    )
    status_interval_s: float = Field(default=60, gt=0, description="How often the status is sent.")

    @model_validator(mode="after")
    def _sensors_share_nothing(self) -> Self:
        for field in ("code", "port"):
            values = [getattr(sensor, field) for sensor in self.sensors]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise BadInput(f"sensors.{field}", ", ".join(twice), f"each {field} once")
        return self
