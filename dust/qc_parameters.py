"""The parameters of the automatic tests: one table of defaults, changed field by field per model.

Values and their reasons stand in data/claims.toml; docs/quality-control.md tells what each test may
say. A test that is not for a model has `enabled = false` there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dust.pollutants import Pollutant
from dust.toml_file import FileModel

if TYPE_CHECKING:
    from collections.abc import Mapping


class Range(FileModel):
    """From where on a value is garbage of the line and not dust, µg/m³."""

    fail_above_ugm3: float = Field(gt=0)


class Saturation(FileModel):
    """The exact tops that a model reports when it is not measuring but full, µg/m³."""

    tops_ugm3: dict[Pollutant, float] = Field(default_factory=dict)
    tolerance_ugm3: float = Field(gt=0)


class PmOrder(FileModel):
    """By how much a smaller fraction may be above a larger one that contains it."""

    enabled: bool = True
    tolerance_ugm3: float = Field(ge=0)
    tolerance_share: float = Field(ge=0)


class Humidity(FileModel):
    """From where on water is counted as dust, % relative humidity of the reading."""

    enabled: bool = True
    suspect_above_percent: float = Field(gt=0, le=100)


class WarmUp(FileModel):
    """A gap that may hide a power cut, and how long after it values are not yet true."""

    enabled: bool = True
    gap_s: float = Field(gt=0)
    warm_up_s: float = Field(ge=0)


class FlatLine(FileModel):
    """How long values may stay the same; each verdict needs its time and its number of values."""

    enabled: bool = True
    tolerance_ugm3: float = Field(gt=0)
    suspect_after_s: float = Field(gt=0)
    suspect_min_values: int = Field(ge=3)
    fail_after_s: float
    fail_min_values: int
    zeros_may_fail: bool

    @model_validator(mode="after")
    def _fails_no_sooner_than_it_suspects(self) -> Self:
        if self.fail_after_s < self.suspect_after_s:
            raise ValueError("fail_after_s of at least suspect_after_s")
        if self.fail_min_values < self.suspect_min_values:
            raise ValueError("fail_min_values of at least suspect_min_values")
        return self


class Flicker(FileModel):
    """How long values may stay within one step of the sensor, and from which level on."""

    enabled: bool = True
    within_ugm3: float = Field(gt=0)
    above_ugm3: float = Field(ge=0)
    suspect_after_s: float = Field(gt=0)
    min_values: int = Field(ge=3)


class Spike(FileModel):
    """How far a single value may stand out from both its neighbours in time."""

    enabled: bool = True
    suspect_above_ugm3: float = Field(gt=0)


class RateOfChange(FileModel):
    """How fast values may rise or fall."""

    enabled: bool = True
    suspect_above_ugm3_per_s: float = Field(gt=0)


class ChannelAgreement(FileModel):
    """Two channels disagree by more than `beyond_ugm3` and more than a share of their mean."""

    beyond_ugm3: float = Field(ge=0)
    suspect_share: float = Field(gt=0, le=2)
    fail_share: float = Field(gt=0, le=2)


class QcParameters(FileModel):
    """All tests of one sensor model; `channels` names two PM2.5 fields of a reading's `x`.

    `gap_s` is a silence: what lies on its two sides is not compared.
    """

    gap_s: float = Field(gt=0)
    channels: tuple[str, str] | None = None
    range: Range
    saturation: Saturation
    pm_order: PmOrder
    humidity: Humidity
    warm_up: WarmUp
    flat_line: FlatLine
    flicker: Flicker
    spike: Spike
    rate_of_change: RateOfChange
    channel_agreement: ChannelAgreement


class NeighbourParameters(FileModel):
    """When an hourly mean disagrees with those of the stations around it (a buddy check)."""

    radius_m: float = Field(gt=0)
    min_neighbours: int = Field(ge=1)
    threshold: float = Field(gt=0)
    min_std_ugm3: float = Field(gt=0)
    iterations: int = Field(ge=1)


def with_overrides(defaults: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`defaults` with the fields of `overrides` in their place, table by table."""
    merged = dict(defaults)
    for key, value in overrides.items():
        below = defaults.get(key)
        both_tables = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = with_overrides(below, value) if both_tables and below else value
    return merged
