"""`dust calc`: the rules as calculators, one JSON object each, for people and scripts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

import msgspec
import typer

from dust.air_quality_index import thai_index
from dust.averaging import daily_average
from dust.errors import BadInput
from dust.exceedance import exceeds, rounded_for
from dust.pollutants import Pollutant
from dust.standards import LimitPeriod, LimitValue, default_rule_set, limit_values

command = typer.Typer(help="Calculators, one JSON object each.", no_args_is_help=True)
PollutantOption = Annotated[Pollutant, typer.Option("--pollutant", help="pm25 or pm10.")]
_MISSING: Final = "-"
_HOURS_OF_A_DAY: Final = (23, 24, 25)
_LARGEST: Final = 1_000_000  # as ingest takes; far above, decimals run out of digits


@command.command("aqi", context_settings={"ignore_unknown_options": True})
def aqi(
    value: Annotated[str, typer.Argument(help="A 24-hour mean, µg/m³.")],
    pollutant: PollutantOption = Pollutant.PM25,
) -> None:
    """The Thai air quality index (B.E. 2566) of a 24-hour mean; null above 200."""
    index = thai_index(pollutant, _decimal("value", value))
    category = index.category
    _print(
        {
            "scale": "th-2566",
            "aqi": index.aqi,
            "category": category.level,
            "name": category.name.model_dump(),
            "colour": category.colour,
        }
    )


@command.command("day", context_settings={"ignore_unknown_options": True})
def day(
    hours: Annotated[list[str], typer.Argument(help="24 hourly means, - for one that is missing.")],
    pollutant: PollutantOption = Pollutant.PM25,
) -> None:
    """The mean of a day's valid hourly means against the Thai limit value now in force."""
    if len(hours) not in _HOURS_OF_A_DAY:
        raise BadInput("hours", f"{len(hours)} values", "24 (23 or 25 where clocks are changed)")
    values = [_decimal("hours", hour) for hour in hours if hour != _MISSING]
    average = daily_average(values, len(values), default_rule_set(), len(hours))
    limit = _limit_now(pollutant)
    value = average.value
    _print(
        {
            "mean": value,
            "rounded": None if value is None else rounded_for(limit, value),
            "n_valid": len(values),
            "n_possible": len(hours),
            "is_complete": average.is_complete,
            "exceeds": None if value is None else exceeds(limit, value),
            "limit": limit.id,
            "rule_set": default_rule_set().id,
        }
    )


def _limit_now(pollutant: Pollutant) -> LimitValue:
    limits = {
        limit.pollutant: limit
        for limit in limit_values()
        if limit.averaging_period is LimitPeriod.DAY and limit.valid_to is None
    }
    if pollutant not in limits:
        raise BadInput("pollutant", str(pollutant), "one of " + ", ".join(limits))
    return limits[pollutant]


def _decimal(field: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadInput(field, text, "a decimal number") from None
    if not value.is_finite() or abs(value) > _LARGEST:
        raise BadInput(field, text, f"a finite number of at most {_LARGEST}")
    return value


def _print(answer: dict[str, object]) -> None:
    encoder = msgspec.json.Encoder(decimal_format="number")
    typer.echo(encoder.encode(answer).decode())


if __name__ == "__main__":
    command()
