"""The configuration of one gateway: a TOML file, and DUST_* variables for its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dust.errors import BadInput
from dust.network import Code
from dust.settings import ClockSettings, LogSettings, MqttSettings, SettingsPart


class RegisterSettings(SettingsPart):
    """A number in a Modbus answer and what it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str = Field(description="The reading's field (wind_mps, t_c, ...) or a name kept in x.")
    index: int = Field(ge=0, le=124, description="Place in the answer, from 0.")
    step: float = Field(default=1, gt=0, description="What one step of the register is worth.")
    signed: bool = Field(default=False, description="Two's complement.")
    low_word_first: bool = Field(default=False, description="Two registers, the low word first.")


class ModbusSettings(SettingsPart):
    """One question to one Modbus RTU unit, and what its answer means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: int = Field(default=1, ge=1, le=247, description="The unit's address.")
    function: Literal[3, 4] = Field(default=3, description="3 holding, 4 input registers.")
    address: int = Field(default=0, ge=0, le=65535, description="The first register asked for.")
    count: int = Field(default=1, ge=1, le=125, description="How many registers.")
    registers: tuple[RegisterSettings, ...] = Field(min_length=1, description="What they mean.")


class SensorSettings(SettingsPart):
    """One sensor on one port."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code = Field(description="The sensor's code in the network file.")
    model: str = Field(description="The sensor's model; never guessed from its bytes.")
    port: str = Field(
        min_length=1,
        description="The serial port, best by its name under /dev/serial/by-id, or"
        " `serial:NUMBER`.",
    )
    sampling_interval_s: float = Field(
        default=60, ge=0, le=3600, description="Frames averaged into one reading; 0: every frame."
    )
    read_s: float = Field(
        default=0,
        ge=0,
        description="Duty cycle: awake and read only in the last so many seconds of each interval"
        " (after its warm-up); 0: always on.",
    )
    warm_up_s: float | None = Field(
        default=None,
        ge=0,
        le=600,
        description="Frames so long after waking do not count; given here (else the model's own"
        " time is taken), also those after its port has come back.",
    )
    asked: bool = Field(
        default=False, description="Ask for each value where the sensor could send by itself."
    )
    poll_s: float | None = Field(default=None, gt=0, le=3600, description="How often it is asked.")
    ask_after_s: float = Field(
        default=420, ge=0, le=3300, description="Hourly instruments: asked so long past the hour."
    )
    stuck_after_s: float = Field(
        default=3600, gt=0, description="The very same frames for so long: `stuck`."
    )
    inlet: Literal["pm25", "pm10", "tsp"] | None = Field(
        default=None, description="What the inlet of a reference instrument lets through."
    )
    time_zone: str = Field(
        default="Asia/Bangkok", description="Zone of an instrument that has a clock of its own."
    )
    baud: int | None = Field(default=None, ge=300, le=921_600, description="Unlike the model's.")
    parity: Literal["N", "E", "O"] | None = Field(default=None, description="Unlike the model's.")
    mounted_deg: float = Field(
        default=0, ge=0, lt=360, description="Where the zero of a wind vane points, from north."
    )
    fan_clean_s: int | None = Field(
        default=None, ge=0, description="SPS30: seconds between fan cleanings; 0: never."
    )
    coefficient: int | None = Field(
        default=None, ge=30, le=200, description="HPMA115: the factor kept in the sensor, percent."
    )
    modbus: ModbusSettings | None = Field(default=None, description="The map of a Modbus unit.")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # a zone that is not there is a KeyError
            raise ValueError("a name of the time zone database") from None
        return name


class SpoolSettings(SettingsPart):
    """How much the spool may hold before the oldest readings are given up."""

    max_megabytes: int = Field(default=1024, ge=1, description="Size of the spool's file.")
    max_age_days: float = Field(default=400, gt=0, description="Age of its oldest reading.")


class BridgeSettings(BaseSettings):
    """Everything that a gateway is told."""

    model_config = SettingsConfigDict(
        env_prefix="DUST_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
    )

    gateway: Code = Field(description="This gateway's name; it stands in every topic.")
    spool: Path = Field(
        default=Path("/var/lib/dust/spool.sqlite"), description="The file that no outage can empty."
    )
    spool_limits: SpoolSettings = SpoolSettings()
    sensors: list[SensorSettings] = Field(min_length=1, description="The sensors on this gateway.")
    mqtt: MqttSettings = MqttSettings()
    clock: ClockSettings = ClockSettings()
    clock_is_known_when: Literal["plausible", "synchronised"] = Field(
        default="plausible",
        description="`plausible`: not before 2024; `synchronised`: the kernel says so once"
        " (for machines without a battery clock that start with the time of their last stop).",
    )
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
