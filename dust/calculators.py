"""`dust calc`: the rules as calculators, one JSON object each, for people and scripts."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import typer

from dust.air_quality_index import Index, Scale, index_of, thai_scale, us_scale
from dust.averaging import daily_average
from dust.claims import ClaimClass
from dust.errors import BadInput
from dust.exceedance import at_least, find_exceedance, rounded_for
from dust.nowcast import nowcast
from dust.pollutants import Pollutant
from dust.standards import LimitPeriod, LimitValue, default_rule_set, limit_values, rule_set

command = typer.Typer(help="Calculators, one JSON object each.", no_args_is_help=True)
PollutantOption = Annotated[
    Pollutant, typer.Option("--pollutant", help="pm25 or pm10 (day: tsp as well).")
]


class ScaleName(StrEnum):
    """Whose index."""

    TH = "th"
    US = "us"


_MISSING: Final = "-"
_HOURS_OF_A_DAY: Final = 24
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LARGEST: Final = 1_000_000  # as ingest takes; far above, decimals run out of digits


@command.command("aqi", context_settings={"ignore_unknown_options": True})
def aqi(
    value: Annotated[str, typer.Argument(help="A 24-hour mean, µg/m³.")],
    pollutant: PollutantOption = Pollutant.PM25,
    scale: Annotated[ScaleName, typer.Option("--scale", help="th: B.E. 2566; us: 2024.")] = (
        ScaleName.TH
    ),
) -> None:
    """The air quality index of a 24-hour mean; the Thai one is null above 200."""
    chosen = thai_scale() if scale is ScaleName.TH else us_scale()
    _print(_told(chosen, index_of(chosen, pollutant, _mean("value", value))))


def _told(scale: Scale, index: Index) -> dict[str, object]:
    category = index.category
    return {
        "scale": scale.id,
        "aqi": index.aqi,
        "category": category.level,
        "name": category.name.model_dump(),
        "colour": category.colour,
    }


@command.command("nowcast", context_settings={"ignore_unknown_options": True})
def now_cast(
    hours: Annotated[
        list[str], typer.Argument(help="Hourly means, the newest first, - for a missing hour.")
    ],
    pollutant: PollutantOption = Pollutant.PM25,
) -> None:
    """The NowCast of AirNow and its US index; null where two of the newest three hours miss."""
    scale = us_scale()
    if pollutant not in scale.rounding:
        raise BadInput("pollutant", str(pollutant), "one of " + ", ".join(scale.rounding))
    values = [None if hour == _MISSING else _decimal("hours", hour) for hour in hours]
    value = nowcast(values, scale.rounding[pollutant])
    index = None if value is None else index_of(scale, pollutant, value)
    _print({"nowcast": value, "aqi": None if index is None else index.aqi, "scale": scale.id})


@command.command("day", context_settings={"ignore_unknown_options": True})
def day(
    hours: Annotated[list[str], typer.Argument(help="24 hourly means, - for one that is missing.")],
    pollutant: PollutantOption = Pollutant.PM25,
    rules: Annotated[
        str | None, typer.Option("--rule-set", help="When a day is complete (default: epa-75-18h).")
    ] = None,
) -> None:
    """The mean of a day's valid hourly means against the Thai limit value now in force.

    `exceeds` is null where hours are missing and nothing can be said; `at_least` is the mean if
    every missing hour had been zero: a day that is above the level even so counts as exceeded.
    """
    applied = default_rule_set() if rules is None else rule_set(rules)
    if len(hours) != _HOURS_OF_A_DAY:
        raise BadInput("hours", f"{len(hours)} values", "24, - for an hour that is missing")
    values = [_decimal("hours", hour) for hour in hours if hour != _MISSING]
    average = daily_average(values, len(values), applied)
    limit = _limit_now(pollutant)
    finding = find_exceedance(
        values, limit, ClaimClass.REFERENCE, complete_mean=average.value, is_over=True
    )
    rounded = None if average.value is None else rounded_for(limit, average.value)
    _print(
        {
            "mean": average.value,
            "rounded": finding.value_rounded if finding else rounded,
            "at_least": at_least(values) if values else None,
            "n_valid": len(values),
            "n_possible": _HOURS_OF_A_DAY,
            "is_complete": average.is_complete,
            "exceeds": True if finding else False if average.is_complete else None,
            "limit": limit.id,
            "level": limit.level_ugm3,
            "rule_set": applied.id,
        }
    )


def _limit_now(pollutant: Pollutant) -> LimitValue:
    limits = {
        limit.pollutant: limit
        for limit in limit_values()
        if limit.authority == "thailand"
        and limit.averaging_period is LimitPeriod.DAY
        and limit.valid_to is None
    }
    if pollutant not in limits:
        raise BadInput("pollutant", str(pollutant), "one of " + ", ".join(limits))
    return limits[pollutant]


def _decimal(field: str, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise BadInput(field, text, "a decimal number such as 37.5")
    value = Decimal(text)
    if abs(value) > _LARGEST:
        raise BadInput(field, text, f"a number of at most {_LARGEST}")
    return value


def _mean(field: str, text: str) -> Decimal:
    value = _decimal(field, text)
    if value < 0:
        raise BadInput(field, text, "a mean of 0 or more, µg/m³")
    return value


def _print(answer: dict[str, object]) -> None:
    encoder = msgspec.json.Encoder(decimal_format="number")
    typer.echo(encoder.encode(answer).decode())


if __name__ == "__main__":
    command()
