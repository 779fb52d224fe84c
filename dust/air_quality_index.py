"""Air quality indices, in decimal arithmetic: the Thai one of B.E. 2566, the US one of 2024.

Rounded (or truncated) first, then interpolated, then rounded half up. Above the top the Thai notice
gives no formula, so the index is None and shown as ">200"; the US calculator goes on with its last
segment (data/scales/*.toml name the sources).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from dust.errors import BadInput
from dust.languages import TwoLanguages
from dust.pollutants import Pollutant
from dust.rounding import WHOLE, Rounding
from dust.toml_file import FileModel, load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping


class Advice(FileModel):
    """What the notice tells the general public and groups at risk."""

    general: TwoLanguages
    at_risk: TwoLanguages


class Category(FileModel):
    """A band of the index with its words, colour and advice; the last has no top."""

    level: int
    top: int | None = None
    colour: str
    name: TwoLanguages
    colour_word: TwoLanguages
    advice: Advice | None = None


class Scale(FileModel):
    """Breakpoints (low, high, index low, index high) by pollutant, and the categories."""

    id: str
    above_top: Literal["none", "extrapolate"] = "none"
    rounding: dict[Pollutant, Rounding]
    breakpoints: dict[Pollutant, list[tuple[Decimal, Decimal, int, int]]]
    categories: list[Category]


@dataclass(frozen=True, slots=True)
class Index:
    """The index of one 24-hour mean; `aqi` is None above the top of the scale."""

    pollutant: Pollutant
    aqi: int | None
    category: Category

    @property
    def rank(self) -> int:
        """For comparison: above the scale is more than any number on it."""
        return 1_000_000 if self.aqi is None else self.aqi


@cache
def thai_scale() -> Scale:
    """The scale of the notice of B.E. 2566 (2023)."""
    return load_toml(files("dust.data") / "scales" / "th_2566.toml", Scale)


@cache
def us_scale() -> Scale:
    """The scale of the United States since May 2024."""
    return load_toml(files("dust.data") / "scales" / "us_2024.toml", Scale)


def thai_index(pollutant: Pollutant, mean_ugm3: Decimal) -> Index:
    """The Thai index of a 24-hour mean."""
    return index_of(thai_scale(), pollutant, mean_ugm3)


def us_index(pollutant: Pollutant, mean_ugm3: Decimal) -> Index:
    """The US index of a 24-hour mean or a NowCast."""
    return index_of(us_scale(), pollutant, mean_ugm3)


def index_of(scale: Scale, pollutant: Pollutant, mean_ugm3: Decimal) -> Index:
    """The index of a mean; refuses negative means and pollutants without breakpoints."""
    if pollutant not in scale.breakpoints:
        allowed = "one of " + ", ".join(scale.breakpoints)
        raise BadInput("pollutant", str(pollutant), allowed)
    if mean_ugm3 < 0:
        raise BadInput("mean_ugm3", str(mean_ugm3), "zero or more")
    aqi = _interpolate(scale, pollutant, scale.rounding[pollutant].of(mean_ugm3))
    return Index(pollutant, aqi, _category(scale, aqi))


def overall_index(means_ugm3: Mapping[Pollutant, Decimal]) -> Index | None:
    """The largest sub-index of the pollutants at hand; None without any."""
    indices = [
        thai_index(pollutant, max(mean, Decimal(0))) for pollutant, mean in means_ugm3.items()
    ]
    return max(indices, key=lambda index: index.rank, default=None)


def _interpolate(scale: Scale, pollutant: Pollutant, rounded: Decimal) -> int | None:
    segments = scale.breakpoints[pollutant]
    segment = next((s for s in segments if rounded <= s[1]), None)
    if segment is None and scale.above_top == "none":
        return None
    low, high, index_low, index_high = segment or segments[-1]
    steps = (rounded - low) * (index_high - index_low)
    return int(WHOLE.of(steps / (high - low) + index_low))


def _category(scale: Scale, aqi: int | None) -> Category:
    return next(
        category
        for category in scale.categories
        if category.top is None or (aqi is not None and aqi <= category.top)
    )
