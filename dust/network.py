"""The network file: who measures where with what, written by people, applied to the database.

`network.toml` names stations, sensors and deployments (a sensor at a station from an instant on).
A station's pollutant is told by one sensor at a time, so two overlapping deployments that report
the same pollutant are refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dust.claims import claims_table
from dust.errors import BadInput
from dust.languages import TwoLanguages
from dust.pollutants import Pollutant
from dust.standards import rule_sets
from dust.toml_file import FileModel, bad_file, load_toml

if TYPE_CHECKING:
    from pathlib import Path

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
StationKind = Literal["village", "roadside", "fence_line", "school", "reference"]


def _a_known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone name such as Asia/Bangkok") from None
    return name


class StationEntry(FileModel):
    """A place with a mast: its code, names, kind and coordinates (WGS 84 degrees)."""

    code: Code
    name: TwoLanguages
    kind: StationKind
    zone: str | None = None
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    time_zone: Annotated[str, AfterValidator(_a_known_zone)] = "Asia/Bangkok"
    example: bool = False


class SensorEntry(FileModel):
    """One physical device; each of its readings stands for `sampling_interval_s`."""

    code: Code
    model: str
    gateway: Code
    sampling_interval_s: float = Field(default=60, ge=1, le=3600)


class DeploymentEntry(FileModel):
    """A sensor at a station over [from, to); it tells the station's pollutants in `reports`."""

    sensor: Code
    station: Code
    start: AwareDatetime = Field(alias="from", default=datetime(2000, 1, 1, tzinfo=UTC))
    end: AwareDatetime | None = Field(alias="to", default=None)
    reports: list[Pollutant] | None = Field(default=None, min_length=1)

    @field_validator("end")
    @classmethod
    def _ends_after_it_starts(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("start")
        if end is not None and start is not None and end <= start:
            raise ValueError(f"an instant after `from` ({start.isoformat()})")
        return end

    def overlaps(self, other: DeploymentEntry) -> bool:
        return (self.end is None or other.start < self.end) and (
            other.end is None or self.start < other.end
        )


class Network(FileModel):
    """A whole network file."""

    code: Code
    name: TwoLanguages
    example: bool = False
    rule_set: str | None = None
    stations: list[StationEntry]
    sensors: list[SensorEntry]
    deployments: list[DeploymentEntry]

    @field_validator("rule_set")
    @classmethod
    def _a_known_rule_set(cls, identifier: str | None) -> str | None:
        if identifier is not None and identifier not in {rules.id for rules in rule_sets()}:
            raise ValueError("one of " + ", ".join(rules.id for rules in rule_sets()))
        return identifier

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        for kind, codes in (
            ("stations", [station.code for station in self.stations]),
            ("sensors", [sensor.code for sensor in self.sensors]),
        ):
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                raise BadInput(f"{kind}.code", ", ".join(twice), f"each code once in {kind}")
        return self

    def reported_by(self, deployment: DeploymentEntry) -> list[Pollutant]:
        """The pollutants that a deployment tells of its station: all of the model's by default."""
        model = next(sensor.model for sensor in self.sensors if sensor.code == deployment.sensor)
        return deployment.reports or list(claims_table().model(model).pollutants)


def load_network(path: Path) -> Network:
    """Read and check a network file; a `BadFile` says which entry is wrong and what is allowed."""
    network = load_toml(path, Network)
    try:
        _check_references(network)
        _check_one_voice(network)
    except BadInput as error:
        raise bad_file(path, error) from None
    return network


def _check_references(network: Network) -> None:
    stations = {station.code for station in network.stations}
    sensors = {sensor.code for sensor in network.sensors}
    for index, sensor in enumerate(network.sensors):
        if sensor.model not in claims_table().models:
            allowed = "one of " + ", ".join(sorted(claims_table().models))
            raise BadInput(f"sensors.{index}.model", sensor.model, allowed)
    for index, deployment in enumerate(network.deployments):
        for field, code, known in (
            ("sensor", deployment.sensor, sensors),
            ("station", deployment.station, stations),
        ):
            if code not in known:
                allowed = f"the code of a {field} in this file: " + ", ".join(sorted(known))
                raise BadInput(f"deployments.{index}.{field}", code, allowed)
        _check_reports(network, index, deployment)


def _check_reports(network: Network, index: int, deployment: DeploymentEntry) -> None:
    model = next(sensor.model for sensor in network.sensors if sensor.code == deployment.sensor)
    measured = claims_table().model(model).pollutants
    for pollutant in deployment.reports or ():
        if pollutant not in measured:
            allowed = f"what a {model} measures: " + (", ".join(measured) or "no pollutant")
            raise BadInput(f"deployments.{index}.reports", str(pollutant), allowed)


def _check_one_voice(network: Network) -> None:
    for first, second in combinations(network.deployments, 2):
        if not first.overlaps(second):
            continue
        if first.sensor == second.sensor:
            raise BadInput("deployments", first.sensor, "a sensor at one station at a time")
        shared = set(network.reported_by(first)) & set(network.reported_by(second))
        if first.station == second.station and shared:
            told = f"{first.sensor} and {second.sensor} at {first.station}"
            allowed = "one sensor per station and pollutant at a time; name `reports` for each"
            raise BadInput("deployments.reports", f"{told}: {', '.join(sorted(shared))}", allowed)
